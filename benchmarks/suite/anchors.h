// SPDX-License-Identifier: MIT
// The yardstick of the machine (fixtures/run/anchors.h) as a run measures it: a service of our own, started here beside
// the one that is measured and whatever that plays, is asked the same few things between rounds. Never while a request
// of the run is in flight. What goes wrong with it never touches the run. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/suite/between_rounds.h"
#include "fixtures/base/clock.h"
#include "fixtures/base/result.h"
#include "fixtures/chat/client.h"
#include "fixtures/http/transport.h"
#include "fixtures/overhead/embedded_child.h"
#include "fixtures/run/anchors.h"
#include "fixtures/run/json.h"

namespace assay::suite {

// Version of how fast the embedded model computes. To be raised whenever a change of its kernels makes it faster or
// slower: numbers of before are then no yardstick any more. A test holds the sources against it.
inline constexpr int kAnchorCode = 1;

struct AnchorOptions {
  std::int64_t repetitions = 10;    // of the run: as many numbers of each anchor, at least 5 and at most 48
  std::function<bool()> cancelled;  // looked at before every request; empty = never
};

// How often all anchors are asked in a run of so many repetitions.
std::int64_t AnchorPasses(std::int64_t repetitions);

struct AnchorQuestion {
  std::string name;
  std::string model;
  run::Json request;  // canonical
};
// In the order in which they are asked; pinned: a changed text is another yardstick.
std::vector<AnchorQuestion> AnchorQuestions();

class Yardstick final : public BetweenRounds {
 public:
  // Starts `program` (foundry-embedded) and warms it up: when it returns, nothing is in flight.
  static std::unique_ptr<Yardstick> Start(const std::filesystem::path& program, const AnchorOptions& options);
  // At a service that listens already.
  Yardstick(std::unique_ptr<http::Transport> transport, const std::string& url, const AnchorOptions& options);
  // Never asks anything.
  explicit Yardstick(std::string absent) : why_absent_(std::move(absent)) {}

  // Asks the passes that are due: spread evenly over the requests of the run.
  std::vector<std::size_t> Between(const Round& round) override;

  // Asks what is missing of the fewest passes, ends the service and tells.
  run::Anchors Take();
  // Spent on starting, warming and asking.
  base::Nanoseconds took() const { return took_; }
  std::int64_t passes() const { return passes_; }

 private:
  // Of a service that was just started; `times` asks everything so often.
  void WarmUp(int times);
  void StartAnew();
  void Pass(std::int64_t before);
  // The answer's text, where the answer is good.
  std::optional<std::string> Ask(const AnchorQuestion& question, run::AnchorCase* numbers);
  bool Asks() const { return client_ && why_absent_.empty() && !Cancelled(); }
  bool Cancelled() const { return options_.cancelled && options_.cancelled(); }

  AnchorOptions options_;
  std::filesystem::path program_;  // empty: the service is not ours to start
  std::optional<overhead::EmbeddedChild> child_;
  std::unique_ptr<http::Transport> transport_;
  std::optional<chat::Client> client_;
  std::vector<AnchorQuestion> questions_;
  std::vector<run::AnchorCase> numbers_;  // of each question
  std::string answers_;                   // of a warm-up
  std::string yardstick_;
  std::string why_absent_;
  std::string last_failure_;
  int failures_ = 0;  // in a row
  std::int64_t passes_ = 0;
  // Of each pass: the repetitions that every case then had, where it lay before a round of what is asked one by one
  // while warm; else -1.
  std::vector<std::int64_t> before_;
  base::Nanoseconds took_{0};
};

}  // namespace assay::suite
