// SPDX-License-Identifier: MIT
#include "benchmarks/suite/second_look.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/run/case_id.h"
#include "fixtures/run/json.h"

namespace assay::suite {
namespace {

// In rounds, four times a first look that could itself not have been longer.
constexpr std::int64_t kMostRepetitions = 400'000;

base::Error Usage(std::string what, const std::filesystem::path& file) {
  return {base::ErrorCode::kUsage, std::move(what), base::ToUtf8(file)};
}

base::Error NoVerdict(const std::string& what, const std::filesystem::path& file) {
  return Usage(what + "; --confirm takes what `assay compare --json FILE` wrote", file);
}

base::Result<AskedLook> LookFromJson(const run::Json& value, const std::filesystem::path& file) {
  run::JsonFields fields(value, base::ToUtf8(file), "second_look");
  AskedLook asked;
  asked.look.suspects = fields.OptionalStrings("suspects");
  asked.look.controls = fields.OptionalStrings("controls");
  asked.repetitions = fields.RequiredInteger("repetitions");
  asked.look.first_started_at = fields.OptionalStrings("first_started_at");
  if (fields.ok() && (asked.repetitions < 1 || asked.repetitions > kMostRepetitions)) {
    fields.Fail("repetitions", "should be between 1 and " + std::to_string(kMostRepetitions));
  }
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  std::set<std::string> seen;
  for (const std::vector<std::string>* ids : {&asked.look.suspects, &asked.look.controls}) {
    for (const std::string& id : *ids) {
      ASSAY_RETURN_IF_ERROR(run::ParseCaseId(id));
      if (!seen.insert(id).second) {
        return base::Error{base::ErrorCode::kInvalidInput,
                           "second_look: the case '" + base::EscapeForTerminal(id) + "' is there twice",
                           base::ToUtf8(file)};
      }
    }
  }
  return asked;
}

// The text at the end of these keys; null where there is none.
const std::string* TextAt(const run::Json& json, std::initializer_list<const char*> keys) {
  const run::Json* at = &json;
  for (const char* key : keys) {
    at = at->as_object() == nullptr ? nullptr : at->Find(key);
    if (at == nullptr) return nullptr;
  }
  return at->as_string();
}

// How a side of the verdict's pair was stated; the word for it where the file does not say.
std::string Stated(const run::Json& pair, const char* side) {
  const std::string* stated = TextAt(pair, {side, "stated"});
  return stated != nullptr ? *stated : side == std::string_view("base") ? "BASE" : "HEAD";
}

std::vector<std::filesystem::path> DirectoriesOf(const run::Json& verdict) {
  std::vector<std::filesystem::path> directories;
  const run::Json* const runs = verdict.Find("runs");
  if (runs == nullptr || runs->as_array() == nullptr) return directories;
  for (const run::Json& one : *runs->as_array()) {
    if (const std::string* const directory = TextAt(one, {"directory"})) directories.emplace_back(*directory);
  }
  return directories;
}

}  // namespace

base::Result<std::optional<AskedLook>> ReadAskedLook(const std::filesystem::path& verdict) {
  base::Result<run::Json> json = run::ReadJsonFile(verdict);
  if (!json.ok()) {
    base::Error error = json.error();
    error.what += "; --confirm takes what `assay compare --json FILE` wrote";
    return error;
  }
  if (json->as_object() == nullptr || json->Find("verdict") == nullptr) {
    return NoVerdict("this is no verdict", verdict);
  }
  const run::Json* look = json->Find("second_look");
  if (look == nullptr || look->is_null()) return std::optional<AskedLook>();
  base::Result<AskedLook> asked = LookFromJson(*look, verdict);
  if (!asked.ok()) return NoVerdict(asked.error().Message(), verdict);
  if (const run::Json* pair = json->Find("pair"); pair != nullptr && !pair->is_null()) {
    asked->pair = AskedLook::Pair{Stated(*pair, "base"), Stated(*pair, "head")};
  }
  asked->first_runs = DirectoriesOf(*json);
  if (asked->look.suspects.empty()) return std::optional<AskedLook>();
  return std::optional<AskedLook>(*std::move(asked));
}

base::Status CheckKind(const AskedLook& asked, bool as_pair, const std::filesystem::path& verdict) {
  if (asked.pair.has_value() == as_pair) return {};
  if (as_pair) {
    return Usage(
        "this verdict is about a run and its baselines, which a pair cannot confirm; leave --pair out and "
        "repeat the flags of the first run",
        verdict);
  }
  return Usage("this verdict is about a pair, which only a pair can confirm; add --pair " +
                   base::EscapeForTerminal(asked.pair->base) + " " + base::EscapeForTerminal(asked.pair->head),
               verdict);
}

base::Status NotAFirstLook(const std::filesystem::path& directory, const run::SecondLook& look) {
  const std::filesystem::path file = directory / "run.json";
  std::error_code ec;
  if (directory.empty() || !std::filesystem::exists(file, ec)) return {};
  const base::Result<run::Json> json = run::ReadJsonFile(file);
  if (!json.ok()) return {};  // whatever it is, it is no run that could have been judged
  const std::string* started = TextAt(*json, {"assay", "provenance", "started_at"});
  if (started == nullptr || std::ranges::find(look.first_started_at, *started) == look.first_started_at.end()) {
    return {};
  }
  return Usage("this is the run that is to be confirmed; a second look needs a folder of its own, try --run=" +
                   base::ToUtf8(directory) + "-again",
               directory);
}

base::Result<std::vector<run::PlannedCase>> CasesOfLook(std::vector<run::PlannedCase> cases,
                                                        const std::vector<catalogue::ResolvedModel>& models,
                                                        run::SecondLook& look) {
  std::set<std::string> known;
  for (const run::PlannedCase& plan : cases) known.insert(plan.id);
  std::set<std::string> wanted;
  std::vector<std::string> missing;
  for (std::vector<std::string>* ids : {&look.suspects, &look.controls}) {
    std::erase_if(*ids, [&](const std::string& id) {
      const base::Result<run::CaseId> parsed = run::ParseCaseId(id);
      return !parsed.ok() ||
             std::ranges::find(models, parsed->model, &catalogue::ResolvedModel::variant) == models.end();
    });
    for (const std::string& id : *ids) {
      wanted.insert(id);
      if (!known.contains(id)) missing.push_back(id);
    }
  }
  if (!missing.empty()) {
    return base::Error{base::ErrorCode::kUsage,
                       "the verdict asks for " + std::to_string(missing.size()) +
                           " cases that this command line does not have, the first is '" +
                           base::EscapeForTerminal(missing.front()) +
                           "'; repeat --models, --device, --variant, --prompts or --prompt, --scenarios, --max-tokens, "
                           "--stream and --benchmark_filter as they were for the first run",
                       ""};
  }
  // Controls alone show nothing.
  if (look.suspects.empty()) {
    look.controls.clear();
    wanted.clear();
  }
  std::erase_if(cases, [&](const run::PlannedCase& plan) { return !wanted.contains(plan.id); });
  return cases;
}

run::Warning SameProcess(const std::vector<std::string>& variants) {
  return {"second_look_same_process", "",
          "these were loaded before this session, and perhaps before the first look: what their start did by chance is "
          "in both looks; unload them, or restart the service, for a look of its own: " +
              base::Join(variants, ", ")};
}

}  // namespace assay::suite
