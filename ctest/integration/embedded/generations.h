// SPDX-License-Identifier: MIT
// What the tests of all generations of the service share: how each is asked the same thing.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "ctest/integration/embedded/running_service.h"
#include "fixtures/embedded/dialect.h"

namespace assay::embedded::testing_support {

// Nothing is plain.
using Generation = std::optional<Dialect>;
inline constexpr Generation kGenerations[] = {Dialect::kG1, Dialect::kG2, Dialect::kG3, std::nullopt};

inline std::string NameOf(const Generation& generation) {
  return generation ? std::string(ToString(*generation)) : "plain";
}

inline constexpr char kModel[] = "ember-mini-int8-cpu:1";
inline constexpr char kOtherModel[] = "ember-mini-generic-cpu:1";
// Its answer has a multi-byte character among the first ten tokens.
inline constexpr char kPrompt[] = "Word 173";

inline EmbeddedOptions OptionsFor(const Generation& generation, const std::string& scenario,
                                  std::vector<std::string> preload = {"ember-mini-int8-cpu"}) {
  EmbeddedOptions options;
  options.dialect = generation;
  options.preload = std::move(preload);
  if (!scenario.empty()) {
    auto read = scenario.front() == '{' ? ParseScenarioJson(scenario, "test") : ParseScenarioInline(scenario);
    EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().Message());
    options.scenario = *read;
  }
  return options;
}

inline std::string ChatBody(bool stream, const std::string& prompt = kPrompt,
                            const std::string& more = ",\"temperature\":0,\"max_tokens\":12",
                            const std::string& model = kModel) {
  return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]" + more +
         ",\"stream\":" + (stream ? "true" : "false") + "}";
}

inline std::string ChatRequestBytes(const std::string& body, const std::string& connection = "close") {
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: test\r\nConnection: " + connection +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// One chat request on its own connection, read to the end of the connection.
inline Answer AskChat(const RunningService& service, const std::string& body, bool* was_reset = nullptr) {
  RawConnection connection(service.port());
  connection.Send(ChatRequestBytes(body));
  return ParseAnswer(connection.ReadToEnd(was_reset));
}

inline Answer Get(const RunningService& service, const std::string& target) {
  RawConnection connection(service.port());
  connection.Send("GET " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  return ParseAnswer(connection.ReadToEnd());
}

inline Answer Post(const RunningService& service, const std::string& target, const std::string& body) {
  RawConnection connection(service.port());
  connection.Send("POST " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n" + body);
  return ParseAnswer(connection.ReadToEnd());
}

// Where a generation is asked to load a model by its id without version; not for plain, which has no such route.
inline std::string LoadTarget(const Generation& generation, const std::string& name) {
  if (generation == Dialect::kG1) return "/openai/load/" + name + "?unload=false";
  return "/models/load/" + name;
}

inline std::string LoadedList(const RunningService& service, const Generation& generation) {
  return Get(service, generation == Dialect::kG1 ? "/openai/loadedmodels" : "/models/loaded").body;
}

}  // namespace assay::embedded::testing_support
