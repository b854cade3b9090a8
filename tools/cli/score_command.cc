// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdio>
#include <ostream>
#include <set>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/run/scores.h"
#include "tools/cli/commands.h"
#include "tools/cli/common_options.h"
#include "tools/cli/options.h"
#include "tools/cli/score_judge.h"
#include "tools/report/command_line.h"
#include "tools/score/agreement.h"
#include "tools/score/annotation.h"
#include "tools/score/subjects.h"

namespace assay::cli {
namespace {

constexpr const char* kSynopsis =
    "Usage: assay score RUN\n"
    "       assay score --template RUN [--dimension NAME[=MEANING] ...] [--output FILE]\n"
    "       assay score RUN --merge FILE [--rater NAME]\n"
    "       assay score RUN --judge MODEL [--dimension NAME[=MEANING] ...] [--bench FLAG ...]\n\n"
    "Marks of a run's answers from 1 (bad) to 5 (good), by people and by a judging model; they are kept in\n"
    "RUN/scores.json. What a prompt itself expects of its answers is scored while it is measured and shown as well.\n"
    "Answers that are kept as hashes only cannot be marked. The first form shows what there is.";

constexpr const char* kExamples =
    "Examples:\n"
    "  assay score --template build/run            writes build/run/annotations.json; fill it in, then\n"
    "  assay score build/run --merge build/run/annotations.json\n"
    "  assay score build/run --judge phi-4-mini\n"
    "  assay score build/run --judge big --bench=--endpoint=http://127.0.0.1:8080/v1 --dimension tone=\"is it "
    "polite?\"\n"
    "  assay score build/run\n";

void Declare(Options& options) {
  options.AddValue("run", "RUN", "run directory; may also stand alone");
  options.AddValue("template", "RUN", "write an annotation file: every distinct answer, with empty marks");
  options.AddValue("output", "FILE", "the annotation file to write; default RUN/annotations.json");
  options.AddValue("merge", "FILE", "read a filled-in annotation file; replaces what the same rater gave before");
  options.AddValue("rater", "NAME", "who gave the marks, where the file does not say");
  options.AddValue("judge", "MODEL", "ask this model for marks, at temperature 0; its own run is kept in RUN/judge");
  options.AddValue("dimension", "NAME[=MEANING]",
                   "to mark, instead of coherence, factuality and brevity; name those too to keep them", true);
  options.AddValue("bench", "FLAG", "a flag of assay-bench for asking the judge, e.g. --bench=--service=embedded",
                   true);
}

// A word without a flag is the run.
std::vector<std::string> WithRunFlag(const std::vector<std::string>& args) {
  std::vector<std::string> flagged;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const bool value = i > 0 && args[i - 1].starts_with("--") && args[i - 1].find('=') == std::string::npos;
    if (!args[i].starts_with("-") && !value) flagged.emplace_back("--run");
    flagged.push_back(args[i]);
  }
  return flagged;
}

base::Error Usage(std::string what) { return {base::ErrorCode::kUsage, std::move(what), ""}; }

base::Result<score::Dimensions> DimensionsOf(const Options& options) {
  if (!options.Has("dimension")) return score::UsualDimensions();
  score::Dimensions dimensions;
  for (const std::string& stated : options.Values("dimension")) {
    ASSAY_RETURN_IF_ERROR(score::AddDimension(stated, dimensions));
    const std::string name = stated.substr(0, stated.find('='));
    const auto usual = score::UsualDimensions().find(name);
    if (dimensions[name].empty() && usual != score::UsualDimensions().end()) dimensions[name] = usual->second;
  }
  return dimensions;
}

std::string Count(std::int64_t number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

std::string Fixed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

void SayHashed(const score::Subjects& subjects, std::ostream& out) {
  if (subjects.hashed == 0) return;
  out << Count(subjects.hashed, "answer") << (subjects.hashed == 1 ? " is" : " are")
      << " kept as a hash only (\"store\": \"hash\") and cannot be marked\n";
}

base::Status AnyAnswer(const score::Subjects& subjects, const run::Run& run) {
  if (!subjects.answers.empty()) return {};
  return base::Error{
      base::ErrorCode::kInvalidInput,
      subjects.hashed > 0
          ? "all answers of this run are kept as hashes only (\"store\": \"hash\"): there is no text to mark"
          : "this run has no answer to mark",
      base::ToUtf8(run.directory)};
}

base::Result<int> WriteTemplate(const Options& options, std::ostream& out) {
  const std::filesystem::path directory = *options.Value("template");
  ASSAY_TRY(const score::Dimensions dimensions, DimensionsOf(options));
  ASSAY_TRY(const run::Run run, run::ReadRun(directory));
  ASSAY_TRY(const score::Subjects subjects, score::SubjectsOf(run));
  ASSAY_RETURN_IF_ERROR(AnyAnswer(subjects, run));
  const std::filesystem::path file =
      options.Value("output") ? std::filesystem::path(*options.Value("output")) : directory / score::kAnnotationFile;
  std::error_code ec;
  if (std::filesystem::exists(file, ec)) {
    return Usage("'" + base::ToUtf8(file) +
                 "' is there already and may hold somebody's marks; name another file with --output, or remove it");
  }
  ASSAY_RETURN_IF_ERROR(base::WriteFileAtomically(
      file, run::EscapeUnseen(run::WriteJson(score::Template(subjects, dimensions), run::JsonStyle::kPretty))));
  out << "wrote " << base::EscapeForTerminal(base::ToUtf8(file)) << ": "
      << Count(static_cast<std::int64_t>(subjects.answers.size()), "answer")
      << " to mark; fill in \"rater\" and \"marks\", then type\n  "
      << base::EscapeForTerminal(
             report::CommandLine({"assay", "score", base::ToUtf8(directory), "--merge", base::ToUtf8(file)}))
      << "\n";
  SayHashed(subjects, out);
  return int{kGood};
}

base::Result<int> Merge(const Options& options, const run::Run& run, std::ostream& out) {
  const std::string path = *options.Value("merge");
  ASSAY_TRY(run::Json file, run::ReadJsonFile(path));
  if (const std::optional<std::string> rater = options.Value("rater"); rater && file.as_object() != nullptr) {
    const run::Json* stated = file.Find("rater");
    const bool other = stated != nullptr && stated->as_string() != nullptr && !stated->as_string()->empty() &&
                       *stated->as_string() != *rater;
    if (other) return Usage("--rater is not the one the file names; leave it out");
    file.as_object()->insert_or_assign("rater", *rater);
  }
  ASSAY_TRY(score::Annotations annotations, score::ReadAnnotations(file, path, run));
  ASSAY_TRY(run::Scores scores, run::ReadScores(run.directory));
  const auto taken = std::ranges::find(scores.raters, annotations.rater, &run::Rater::name);
  if (taken != scores.raters.end() && taken->judge) {
    return Usage("'" + base::EscapeForTerminal(annotations.rater) +
                 "' is a judging model; people need names of their own");
  }
  const auto marked = static_cast<std::int64_t>(annotations.marks.size());
  run::ReplaceMarks(scores, {annotations.rater, std::nullopt}, std::move(annotations.marks));
  ASSAY_RETURN_IF_ERROR(run::WriteScores(run.directory, scores));
  out << "merged the marks of " << base::EscapeForTerminal(annotations.rater) << " for " << Count(marked, "answer");
  if (annotations.unmarked > 0) out << "; " << annotations.unmarked << " without marks";
  out << "\n";
  return int{kGood};
}

base::Result<int> Judge(const Options& options, const run::Run& run, std::ostream& out) {
  ASSAY_TRY(const score::Dimensions dimensions, DimensionsOf(options));
  ASSAY_TRY(const score::Subjects subjects, score::SubjectsOf(run));
  ASSAY_RETURN_IF_ERROR(AnyAnswer(subjects, run));
  ASSAY_TRY(score::Judgement judgement,
            AskJudge(run, subjects, {*options.Value("judge"), options.Values("bench"), dimensions}, out));
  ASSAY_TRY(run::Scores scores, run::ReadScores(run.directory));
  const std::string model = judgement.rater.judge->model;
  const auto marked = static_cast<std::int64_t>(judgement.marks.size());
  run::ReplaceMarks(scores, judgement.rater, std::move(judgement.marks));
  ASSAY_RETURN_IF_ERROR(run::WriteScores(run.directory, scores));
  out << base::EscapeForTerminal(model) << " marked " << Count(marked, "answer");
  if (judgement.unread > 0) out << "; no marks could be read in what it said of " << judgement.unread;
  if (judgement.unanswered > 0) out << "; it gave no answer about " << judgement.unanswered;
  out << "\nits words: " << base::EscapeForTerminal(base::ToUtf8(run.directory / score::kJudgeFolder)) << "\n";
  const bool itself = std::ranges::any_of(run.cases, [&](const run::RunCase& one) { return one.plan.model == model; });
  if (itself) out << "it judged answers of its own: models tend to like these\n";
  SayHashed(subjects, out);
  return int{kGood};
}

std::string Label(const run::ScoreSeries& series) {
  if (series.source == run::ScoreSource::kAutomatic) return "expectations met";
  if (series.source == run::ScoreSource::kHuman) return "people: " + series.dimension;
  return series.judge->model + " (template " + std::to_string(series.judge->template_version) +
         "): " + series.dimension;
}

std::string Value(const run::ScoreSeries& series) {
  if (series.source == run::ScoreSource::kAutomatic) return Fixed(series.mean()) + " of 1";
  const double mark =
      static_cast<double>(run::kLeastMark) + series.mean() * static_cast<double>(run::kMostMark - run::kLeastMark);
  return Fixed(mark) + " of " + std::to_string(run::kMostMark);
}

base::Result<int> Show(const run::Run& run, std::ostream& out) {
  ASSAY_TRY(const run::Scores scores, run::ReadScores(run.directory));
  ASSAY_TRY(const score::Subjects subjects, score::SubjectsOf(run));
  bool any = false;
  for (const run::RunCase& one : run.cases) {
    const std::vector<run::ScoreSeries> all = run::ScoresOf(one, scores);
    if (all.empty()) continue;
    any = true;
    out << base::EscapeForTerminal(one.plan.id) << "\n";
    for (const run::ScoreSeries& series : all) {
      out << "  " << base::EscapeForTerminal(Label(series)) << "  " << Value(series) << " over "
          << Count(static_cast<std::int64_t>(series.values.size()), "request") << "\n";
    }
  }
  for (const score::JudgeAgreement& one : score::AgreementWithPeople(scores)) {
    out << base::EscapeForTerminal(one.judge) << " against people, " << one.dimension << ": equal "
        << Fixed(one.agreement.exact) << ", within one " << Fixed(one.agreement.within_one) << ", weighted kappa "
        << (one.agreement.kappa ? Fixed(*one.agreement.kappa) : std::string("not defined (all marks are the same)"))
        << ", over " << Count(static_cast<std::int64_t>(one.agreement.answers), "answer") << "\n";
  }
  std::set<std::pair<std::string, std::string>> known;
  for (const run::RunCase& one : run.cases) {
    for (const auto& [sha256, answer] : one.answers) known.emplace(one.plan.id, sha256);
  }
  const auto strange = std::ranges::count_if(scores.marks, [&](const run::Marked& marked) {
    return !known.contains({marked.case_id, marked.answer_sha256});
  });
  if (strange > 0) {
    out << "marks of " << Count(strange, "answer") << " that this run does not have count for nothing\n";
  }
  SayHashed(subjects, out);
  if (!any) {
    out << "no scores yet: let prompts.json state what is \"expect\"ed, or begin with `"
        << base::EscapeForTerminal(report::CommandLine({"assay", "score", "--template", base::ToUtf8(run.directory)}))
        << "`\n";
  }
  return int{kGood};
}

}  // namespace

base::Result<int> ScoreCommand(const std::vector<std::string>& args, std::ostream& out) {
  Options options(kSynopsis, kExamples);
  Declare(options);
  ASSAY_TRY(const bool parsed, ParseOrHelp(WithRunFlag(args), options, out));
  if (!parsed) return int{kGood};
  const int wanted =
      (options.Has("template") ? 1 : 0) + (options.Has("merge") ? 1 : 0) + (options.Has("judge") ? 1 : 0);
  if (wanted > 1) return Usage("--template, --merge and --judge are done one at a time");
  if (options.Has("template")) {
    if (options.Has("run")) return Usage("--template names the run itself; leave the other one out");
    return WriteTemplate(options, out);
  }
  ASSAY_TRY(const std::string directory, options.Required("run"));
  ASSAY_TRY(const run::Run run, run::ReadRun(directory));
  if (options.Has("merge")) return Merge(options, run, out);
  if (options.Has("judge")) return Judge(options, run, out);
  return Show(run, out);
}

}  // namespace assay::cli
