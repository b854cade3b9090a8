// SPDX-License-Identifier: MIT
// Our client as a run uses it, every sample recorded: one stream through chat::Client, many through chat::RunLoad. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/micro/stamp_errors.h"
#include "fixtures/base/result.h"
#include "fixtures/chat/client.h"
#include "fixtures/http/loop.h"
#include "fixtures/http/transport.h"
#include "fixtures/run/json.h"
#include "fixtures/run/run_directory.h"

namespace assay::micro {

// The id in the text of an event, found without reading the JSON; empty when there is none.
std::string IdOf(std::string_view event);

class OwnClient {
 public:
  // Samples are recorded in `directory`.
  static base::Result<OwnClient> Create(std::string url, const std::filesystem::path& directory);

  // One answer, decoded and written to the run files. kContent when it was no good one.
  base::Result<run::Sample> Ask(const std::string& model, const run::Json& request);
  // `count` answers to `request` at once. kContent when one of them was no good one.
  base::Result<std::vector<run::Sample>> AskMany(const std::string& model, const run::Json& request, std::size_t count);
  // GETs `path` `count` times, one after the other; how many answers had status 200.
  std::size_t Get(const std::string& path, std::size_t count);

 private:
  OwnClient(std::string url, run::RunWriter writer)
      : url_(std::move(url)),
        transport_(http::MakeCurlTransport({})),
        loop_(http::MakeCurlLoop({})),
        writer_(std::move(writer)) {}

  base::Status Record(const std::string& model, chat::Completion& completion);

  std::string url_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<http::Loop> loop_;
  run::RunWriter writer_;
  std::int64_t asked_ = 0;
};

NotedAnswer NotedFrom(const run::Sample& sample);

}  // namespace assay::micro
