// SPDX-License-Identifier: MIT
#include <chrono>
#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fixtures/base/clock.h"
#include "fixtures/base/text.h"
#include "tools/cli/ci.h"
#include "tools/cli/commands.h"
#include "tools/cli/common_options.h"
#include "tools/cli/options.h"
#include "tools/compare/accept.h"
#include "tools/compare/gate_rule.h"
#include "tools/compare/review.h"
#include "tools/report/answer_text.h"
#include "tools/report/comparison_text.h"

namespace assay::cli {
namespace {

constexpr const char* kSynopsis =
    "Usage: assay review --run DIR [--run DIR ...] --baselines DIR [options]\n\n"
    "Walks the cases whose answers are changed, nondeterministic, new or belong to a changed request, with their diff, "
    "the\n"
    "probes whose results are, and the cases whose scores fell or cannot be compared, and asks about each: a accept "
    "(as assay accept --only outputs --case), r reject, s skip, q quit. Every decision is "
    "kept "
    "at\n"
    "once: what is accepted in the baselines, what is rejected in DIR/review.json, which is not asked about again.\n"
    "Answers are read from standard input. Ends with 0 when nothing is left, 1 when rejected or undecided cases are "
    "left, 2 on\n"
    "wrong usage or unreadable input, and in CI, where nothing is written (assay accept --help).";

constexpr const char* kExamples =
    "Examples:\n"
    "  assay review --run build/run --baselines baselines\n"
    "  assay review --run build/run --baselines baselines --case 'chat/*/capital/*' --reason \"new template\"\n";

constexpr std::size_t kAnswerCharacters = 400;  // code points of an answer that has nothing to be held against

void Declare(Options& options) {
  options.AddValue("run", "DIR", "run directory; several are reviewed together", true);
  options.AddValue("baselines", "DIR", "folder of baselines to hold the answers against and to accept into");
  options.AddValue("reason", "TEXT", "why what is accepted is right; without it the first acceptance asks");
  options.AddValue("policy", "FILE", "cases whose answers it does not look at are left out");
  options.AddValue("case", "GLOB", "only these cases", true);
  options.AddFlag("again", "ask about what was rejected, too");
}

enum class Choice { kAccept, kReject, kSkip, kQuit };

// One review: what was asked, where answers come from, and what was decided.
class Review {
 public:
  Review(const compare::RunSet& runs, compare::AcceptRequest request, std::istream& in, std::ostream& out)
      : runs_(runs), request_(std::move(request)), in_(in), out_(out) {
    for (const compare::RunSet::Entry& entry : runs.cases()) {
      run_of_.emplace(entry.one->plan.id, static_cast<std::size_t>(entry.run - runs.runs().data()));
    }
  }

  base::Status ReadRejections() {
    for (const run::Run& run : runs_.runs()) {
      ASSAY_TRY(compare::Rejections one, compare::Rejections::Read(run.directory));
      rejections_.push_back(std::move(one));
    }
    return {};
  }

  base::Status Walk(const compare::Comparison& comparison, bool again) {
    std::vector<const compare::CaseComparison*> open;
    for (const compare::CaseComparison& one : comparison.cases) {
      if (!compare::NeedsReview(one)) continue;
      if (!again && RejectionsOf(one).Has(compare::QuestionOf(one))) {
        ++rejected_before_;
      } else {
        open.push_back(&one);
      }
    }
    undecided_ = open.size();
    bool quit = false;
    for (std::size_t i = 0; i < open.size() && !quit; ++i) {
      Show(*open[i], "[" + std::to_string(i + 1) + "/" + std::to_string(open.size()) + "] ");
      ASSAY_TRY(quit, Decide(*open[i]));
    }
    return {};
  }

  // The end of the conversation; the exit code.
  int Conclude() const {
    const std::size_t left = rejected_ + rejected_before_ + undecided_;
    out_ << "accepted " << accepted_ << ", rejected " << rejected_ << ", undecided " << undecided_;
    if (rejected_before_ > 0) out_ << "; rejected before " << rejected_before_ << " (--again asks about them again)";
    out_ << (left == 0 ? "; nothing is left\n" : "\n");
    if (accepted_ > 0) out_ << "commit the baselines, so that others see what was accepted\n";
    return left == 0 ? kGood : kRegression;
  }

 private:
  // Of the run that has the case: runs and rejections stand in one order.
  compare::Rejections& RejectionsOf(const compare::CaseComparison& one) {
    const auto found = run_of_.find(one.id);
    ASSAY_CHECK(found != run_of_.end(), "a case that needs a review was measured by one of the runs");
    return rejections_[found->second];
  }

  void Show(const compare::CaseComparison& one, const std::string& number) const {
    const report::CaseDetails details = report::AnswerDetails(one, report::Detail::kSmall);
    out_ << "\n" << number << base::EscapeForTerminal(details.title) << "\n";
    for (const report::DetailLine& line : details.lines) {
      out_ << std::string(2 + 2 * static_cast<std::size_t>(line.level), ' ') << base::EscapeForTerminal(line.text)
           << "\n";
    }
    // Nothing of it was shown yet; a probe has no answer, nor has a case whose repetitions ask different texts.
    if (one.answers->difference || one.answers->shares.size() != 1) return;
    if (!one.answers->shares.front().has_text) {
      out_ << "    answer: only its hash is kept, " << one.answers->shares.front().sha256 << "\n";
      return;
    }
    const std::string& text = one.answers->shares.front().text;
    const std::string_view shown = base::FirstCodePoints(text, kAnswerCharacters);
    out_ << "    answer: " << base::EscapeForTerminal(report::AnswerText(shown))
         << (shown.size() < text.size() ? "..." : "") << "\n";
  }

  // Nothing at the end of the input.
  std::optional<std::string> Line() {
    out_.flush();
    std::string line;
    if (!std::getline(in_, line)) {
      out_ << "\n";
      return std::nullopt;
    }
    return std::string(base::Trim(line));
  }

  Choice AskForChoice() {
    while (true) {
      out_ << "accept, reject, skip or quit? [a/r/s/q] ";
      const std::optional<std::string> line = Line();
      if (!line) return Choice::kQuit;
      const std::string word = base::ToLower(*line);
      if (word == "a" || word == "accept") return Choice::kAccept;
      if (word == "r" || word == "reject") return Choice::kReject;
      if (word == "s" || word == "skip") return Choice::kSkip;
      if (word == "q" || word == "quit") return Choice::kQuit;
      out_ << "'" << base::EscapeForTerminal(*line) << "' is none of them\n";
    }
  }

  // False at the end of the input.
  bool AskForReason() {
    while (base::Trim(request_.reason).empty()) {
      out_ << "reason, kept with all that this review accepts: ";
      const std::optional<std::string> line = Line();
      if (!line) return false;
      request_.reason = *line;
    }
    return true;
  }

  // True to quit.
  base::Result<bool> Decide(const compare::CaseComparison& one) {
    compare::Rejections& rejections = RejectionsOf(one);
    while (true) {
      switch (AskForChoice()) {
        case Choice::kQuit:
          return true;
        case Choice::kSkip:
          return false;
        case Choice::kReject: {
          compare::Rejection rejection = compare::QuestionOf(one);
          rejection.at = request_.at;
          rejections.Add(std::move(rejection));
          ASSAY_RETURN_IF_ERROR(rejections.Write());
          ++rejected_;
          --undecided_;
          return false;
        }
        case Choice::kAccept: {
          if (!AskForReason()) return true;
          request_.cases = {one.id};
          const base::Result<compare::AcceptSummary> accepted = compare::Accept(runs_, request_);
          if (!accepted.ok()) {
            const base::ErrorCode code = accepted.error().code;
            if (code != base::ErrorCode::kInvalidInput && code != base::ErrorCode::kUsage) return accepted.error();
            out_ << base::EscapeForTerminal(accepted.error().Message()) << "\n";
            break;  // asked again: it may be rejected or skipped
          }
          if (rejections.Remove(one.id)) ASSAY_RETURN_IF_ERROR(rejections.Write());
          for (const std::filesystem::path& path : accepted->written) {
            out_ << "wrote " << base::EscapeForTerminal(path.string()) << "\n";
          }
          ++accepted_;
          --undecided_;
          return false;
        }
      }
    }
  }

  const compare::RunSet& runs_;
  compare::AcceptRequest request_;
  std::istream& in_;
  std::ostream& out_;
  std::vector<compare::Rejections> rejections_;
  std::unordered_map<std::string_view, std::size_t> run_of_;  // case id -> which run
  std::size_t accepted_ = 0;
  std::size_t rejected_ = 0;
  std::size_t rejected_before_ = 0;
  std::size_t undecided_ = 0;
};

}  // namespace

base::Result<int> ReviewCommand(const std::vector<std::string>& args, const Surroundings& around, std::ostream& out) {
  Options options(kSynopsis, kExamples);
  Declare(options);
  ASSAY_TRY(const bool parsed, ParseOrHelp(args, options, out));
  if (!parsed) return int{kGood};
  ASSAY_TRY(const std::vector<std::filesystem::path> directories, options.RequiredPaths("run"));
  compare::AcceptRequest request;
  ASSAY_TRY(request.baselines, options.Required("baselines"));
  ASSAY_RETURN_IF_ERROR(RefuseInCi(around.environment, "review", args));
  request.reason = options.Value("reason").value_or("");
  request.latency = false;
  request.at = base::UtcTimestamp(std::chrono::system_clock::now());
  ASSAY_TRY(request.policy, PolicyOf(options));
  ASSAY_TRY(const compare::RunSet runs, compare::RunSet::Read(directories));

  compare::Selection selection;
  selection.cases = options.Values("case");
  selection.question = compare::Question::kDeterminism;
  const std::vector<std::filesystem::path> baselines = {request.baselines};
  const compare::Policy policy = request.policy;
  ASSAY_TRY(const compare::Comparison comparison,
            compare::Compare({&runs, nullptr, baselines, &policy, selection, Today()}, compare::GateRule()));
  Review review(runs, std::move(request), around.in, out);
  ASSAY_RETURN_IF_ERROR(review.ReadRejections());
  ASSAY_RETURN_IF_ERROR(review.Walk(comparison, options.Has("again")));
  return review.Conclude();
}

}  // namespace assay::cli
