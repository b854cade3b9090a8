// SPDX-License-Identifier: MIT
// One chat completion against a scripted exchange, and the words the tests of this folder compare.
#pragma once

#include <string>

#include "ctest/support/fake_transport.h"
#include "fixtures/chat/client.h"
#include "fixtures/run/run_directory.h"

namespace assay::testing {

// What catalogue builds, made short.
run::Json ChatRequest(bool stream = true);

// On a kept connection: latencies count from the start of the exchange.
chat::Completion Complete(ScriptedExchange exchange, bool stream = true);
// Whole body of a 200 answer, read at 10 ms, closed at 1 s.
chat::Completion CompleteStream(std::string_view body);
chat::Completion CompleteBody(std::string_view body);

// "role content content finish done"
std::string Kinds(const run::Sample& sample);
// "ok", or the outcome's name.
std::string OutcomeName(const run::Sample& sample);
// The answer's text, "" when there is none.
std::string Text(const chat::Completion& completion);

}  // namespace assay::testing
