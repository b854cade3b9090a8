// SPDX-License-Identifier: MIT
#include "benchmarks/suite/anchors.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "fixtures/base/hash.h"
#include "fixtures/base/text.h"
#include "fixtures/run/metrics.h"

namespace assay::suite {
namespace {

constexpr std::int64_t kFewestPasses = 5;
// As many as a second look has repetitions, of a first look of 20 or of rounds up to 12: it is in step then.
constexpr std::int64_t kMostPasses = 48;
constexpr int kWarmUps = 2;
constexpr int kFailuresInARow = 3;
// A start and its warm-up take as long as a pass or two.
constexpr std::int64_t kPassesOfAStart = 4;

// Two precisions compute and read memory in different proportions, as the models of a run do.
constexpr const char* kModels[] = {"ember-mini-int8-cpu:1", "ember-mini-generic-cpu:1"};
constexpr const char* kShort = "Count the boats on the river.";
constexpr const char* kLong =
    "A small boat lies at the river bank. Every morning an old man comes and counts the birds on the other side. Write "
    "down what he tells.";

struct Shape {
  const char* name;
  const char* text;
  int max_tokens;
};
// As long as answers are: another process that takes the processor for some milliseconds falls on a long answer a
// little every time, and on a short one seldom and much, which trimming takes away. Short anchors would not go along.
constexpr Shape kShapes[] = {{"short-32", kShort, 32}, {"short-64", kShort, 64}, {"long-64", kLong, 64}};

run::Json Request(const Shape& shape) {
  return run::JsonObject{{"max_tokens", shape.max_tokens},
                         {"messages", run::JsonArray{run::JsonObject{{"content", shape.text}, {"role", "user"}}}},
                         {"seed", 7},
                         {"stream", true},
                         {"stream_options", run::JsonObject{{"include_usage", true}}},
                         {"temperature", 0}};
}

// foundry-embedded stands beside this program and was built with it: what built us built it.
std::string Compiler() {
#if defined(_MSC_VER) && !defined(__clang__)
  return "msvc " + std::to_string(_MSC_VER);
#elif defined(__clang__)
  return std::string("clang ") + __clang_version__;
#else
  return std::string("gcc ") + __VERSION__;
#endif
}

std::string NameOf(const std::string& answers) {
  constexpr std::size_t kDigits = 12;
  return "ember-mini, code " + std::to_string(kAnchorCode) + ", answers " +
         base::Sha256Hex(answers).substr(0, kDigits) + ", " + std::string(base::Trim(Compiler())) + " " +
         ASSAY_BUILD_TYPE;
}

base::Result<overhead::EmbeddedChild> StartChild(const std::filesystem::path& program, const AnchorOptions& options) {
  return overhead::EmbeddedChild::Start(program, std::string(kModels[0]) + "," + kModels[1], "",
                                        {std::chrono::seconds(10), options.cancelled});
}

// A small model that takes seconds is no yardstick, and nobody is to wait for it.
chat::Target TargetAt(const std::string& url) {
  return {url, std::nullopt,
          http::Timeouts{.connect = std::chrono::seconds(5),
                         .first_byte = std::chrono::seconds(10),
                         .idle = std::chrono::seconds(10),
                         .total = std::chrono::seconds(20)}};
}

// Whole numbers, rounded up.
std::int64_t Share(std::int64_t whole, std::int64_t part, std::int64_t of) { return (whole * part + of - 1) / of; }

}  // namespace

std::int64_t AnchorPasses(std::int64_t repetitions) { return std::clamp(repetitions, kFewestPasses, kMostPasses); }

std::vector<AnchorQuestion> AnchorQuestions() {
  std::vector<AnchorQuestion> questions;
  for (const char* model : kModels) {
    for (const Shape& shape : kShapes) {
      questions.push_back({std::string(model) + "/" + shape.name, model, Request(shape)});
    }
  }
  return questions;
}

std::unique_ptr<Yardstick> Yardstick::Start(const std::filesystem::path& program, const AnchorOptions& options) {
  const base::Moment begun = std::chrono::steady_clock::now();
  base::Result<overhead::EmbeddedChild> child = StartChild(program, options);
  if (!child.ok()) return std::make_unique<Yardstick>(child.error().Message());
  auto yardstick = std::make_unique<Yardstick>(http::MakeCurlTransport({options.cancelled}), child->url(), options);
  yardstick->child_.emplace(std::move(*child));
  yardstick->program_ = program;
  yardstick->took_ = std::chrono::steady_clock::now() - begun;
  return yardstick;
}

Yardstick::Yardstick(std::unique_ptr<http::Transport> transport, const std::string& url, const AnchorOptions& options)
    : options_(options), transport_(std::move(transport)), questions_(AnchorQuestions()) {
  client_.emplace(*transport_, TargetAt(url));
  for (const AnchorQuestion& question : questions_) numbers_.push_back({question.name, {}});
  const base::Moment begun = std::chrono::steady_clock::now();
  WarmUp(kWarmUps);
  if (why_absent_.empty()) yardstick_ = NameOf(answers_);
  took_ += std::chrono::steady_clock::now() - begun;
}

// Where its memory lies and on which core it runs stays for as long as a process lives, and moves its speed by some
// percent: the yardstick is a mean over several.
void Yardstick::StartAnew() {
  if (child_) static_cast<void>(child_->Stop());
  child_.reset();
  base::Result<overhead::EmbeddedChild> child = StartChild(program_, options_);
  if (!child.ok()) {
    client_.reset();
    if (!Cancelled()) why_absent_ = "our own service could not be started again: " + child.error().Message();
    return;
  }
  client_.emplace(*transport_, TargetAt(child->url()));
  child_.emplace(std::move(*child));
  WarmUp(1);
}

void Yardstick::WarmUp(int times) {
  for (int i = 0; i < times; ++i) {
    std::string again;
    for (const AnchorQuestion& question : questions_) {
      if (!Asks()) return;
      const std::optional<std::string> text = Ask(question, nullptr);
      if (!text) {
        why_absent_ = "our own service did not answer: " + last_failure_;
        return;
      }
      again += *text + '\n';
    }
    if (!answers_.empty() && again != answers_) {
      why_absent_ = "our own service answered one question in two ways at temperature 0";
      return;
    }
    answers_ = again;
  }
}

std::optional<std::string> Yardstick::Ask(const AnchorQuestion& question, run::AnchorCase* numbers) {
  const chat::Completion completion = client_->Complete(question.model, question.request);
  const run::Sample& sample = completion.sample;
  const std::optional<double> ttft = run::TtftMs(sample);
  if (sample.outcome != run::Outcome::kOk || !completion.answer || !ttft || !(*ttft > 0)) {
    last_failure_ = std::string(ToString(sample.outcome)) + (sample.error.empty() ? "" : ": " + sample.error);
    return std::nullopt;
  }
  if (numbers != nullptr) {
    numbers->metrics["ttft_ms"].push_back(*ttft);
    const std::optional<double> tpot = run::TpotMs(sample);
    if (tpot && *tpot > 0) numbers->metrics["tpot_ms"].push_back(*tpot);
  }
  return completion.answer->text;
}

// Each pass begins with another anchor: the first one finds the caches as a request of the run left them.
void Yardstick::Pass(std::int64_t before) {
  if (!program_.empty() && passes_ > 0 && passes_ % kPassesOfAStart == 0) StartAnew();
  for (std::size_t i = 0; i < questions_.size(); ++i) {
    const std::size_t at = (i + static_cast<std::size_t>(passes_)) % questions_.size();
    if (!Asks()) return;
    if (Ask(questions_[at], &numbers_[at])) {
      failures_ = 0;
    } else if (++failures_ >= kFailuresInARow) {
      why_absent_ = "our own service did not answer any more: " + last_failure_;
    }
  }
  before_.push_back(before);
  ++passes_;
}

// Half of what the next round is worth goes before it: where there is one round only, half of the passes lie on either
// side; where there are as many rounds as passes, one lies before each.
std::vector<std::size_t> Yardstick::Between(const Round& round) {
  const base::Moment begun = std::chrono::steady_clock::now();
  const std::int64_t wanted = AnchorPasses(options_.repetitions);
  const std::int64_t due =
      round.planned > 0 ? std::min(wanted, Share(wanted, round.asked + round.next, 2 * round.planned)) : 0;
  const bool follows = round.phase == Phase::kOneByOne && round.next > round.asked;
  while (passes_ < due && Asks()) Pass(follows ? round.repetitions : -1);
  took_ += std::chrono::steady_clock::now() - begun;
  return {};
}

run::Anchors Yardstick::Take() {
  const base::Moment begun = std::chrono::steady_clock::now();
  if (passes_ == 0 && why_absent_.empty()) why_absent_ = Cancelled() ? "interrupted" : "nothing was measured";
  while (passes_ < kFewestPasses && Asks()) Pass(-1);
  if (child_) static_cast<void>(child_->Stop());  // its log says nothing that we do not know
  child_.reset();
  client_.reset();
  took_ += std::chrono::steady_clock::now() - begun;
  run::Anchors anchors;
  const bool enough = std::ranges::all_of(numbers_, [](const run::AnchorCase& one) {
    const auto found = one.metrics.find("ttft_ms");
    return found != one.metrics.end() && std::ssize(found->second) >= kFewestPasses;
  });
  if (why_absent_.empty() && !enough) why_absent_ = "too few requests succeeded: " + last_failure_;
  if (!why_absent_.empty()) {
    anchors.absent = why_absent_;
    return anchors;
  }
  anchors.yardstick = yardstick_;
  anchors.cases = numbers_;
  std::vector<std::int64_t> each_round(static_cast<std::size_t>(options_.repetitions));
  std::iota(each_round.begin(), each_round.end(), 0);
  anchors.in_step = before_ == each_round;
  return anchors;
}

}  // namespace assay::suite
