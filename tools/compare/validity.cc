// SPDX-License-Identifier: MIT
#include "tools/compare/validity.h"

#include <cmath>
#include <cstdio>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

using run::Json;
using run::JsonFields;

struct KnownFlag {
  std::string_view name;  // run_format.md
  FlagEffect effect;
};
constexpr KnownFlag kKnownFlags[] = {
    {"warmup_not_settled", FlagEffect::kReport}, {"client_cpu_share", FlagEffect::kCannotTell},
    {"schedule_lag", FlagEffect::kCannotTell},   {"lost_samples", FlagEffect::kReport},
    {"disturbed_samples", FlagEffect::kReport},  {"machine_busy", FlagEffect::kReport},
    {"cpu_stolen", FlagEffect::kReport},         {"throttled", FlagEffect::kReport},
    {"power_changed", FlagEffect::kCannotTell},  {"drift", FlagEffect::kReport},
    {"overloaded", FlagEffect::kCannotTell},
};

std::string KnownNames() {
  std::vector<std::string> names;
  for (const KnownFlag& known : kKnownFlags) names.emplace_back(known.name);
  return base::Join(names, ", ");
}

std::optional<FlagEffect> EffectNamed(std::string_view word) {
  for (const FlagEffect effect : {FlagEffect::kCannotTell, FlagEffect::kReport}) {
    if (word == ToString(effect)) return effect;
  }
  return std::nullopt;
}

std::string UnknownWord(std::string_view found) {
  return "should be \"cannot_tell\" or \"report\", found '" + base::EscapeForTerminal(found) + "'";
}

base::Status ParseRule(const Json& entry, const std::string& where, const std::string& path, FlagRule& rule) {
  if (const std::string* word = entry.as_string()) {
    const std::optional<FlagEffect> effect = EffectNamed(*word);
    if (!effect) return base::Error{base::ErrorCode::kInvalidInput, path + ": " + UnknownWord(*word), where};
    rule.effect = *effect;
    return {};
  }
  if (entry.as_object() == nullptr) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       path + ": should be \"cannot_tell\", \"report\" or an object with effect and limit, found " +
                           std::string(entry.KindName()),
                       where};
  }
  JsonFields fields(entry, where, path);
  const std::optional<std::string> word = fields.OptionalString("effect");
  const std::optional<double> limit = fields.OptionalNumber("limit");
  if (word) {
    const std::optional<FlagEffect> effect = EffectNamed(*word);
    if (!effect) fields.Fail("effect", UnknownWord(*word));
    rule.effect = effect.value_or(rule.effect);
  }
  if (limit && !(*limit >= 0)) {
    fields.Fail("limit", "should be 0 or more, in the unit of the flag (0.1 is 10 % of a share), found " +
                             run::WriteJson(*limit, run::JsonStyle::kCompact));
  }
  if (limit) rule.limit = limit;
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  if (word || limit) return {};
  return base::Error{base::ErrorCode::kInvalidInput,
                     path + ": the entry changes nothing; give it effect or limit, or remove it", where};
}

std::string Number(double value) {
  constexpr double kFourDigits = 999.5;
  char text[64];
  std::snprintf(text, sizeof text, std::fabs(value) < kFourDigits ? "%.3g" : "%.0f", value);
  return text;
}

std::string WithUnit(double value, const std::string& unit) {
  if (unit == "share") return Number(value * 100.0) + " %";
  if (unit.empty() || unit == "count" || unit == "ratio") return Number(value);
  return Number(value) + " " + unit;
}

}  // namespace

std::string_view ToString(FlagEffect effect) { return effect == FlagEffect::kReport ? "report" : "cannot_tell"; }

FlagRule ValidityPolicy::For(std::string_view flag) const {
  const auto found = rules.find(flag);
  return found == rules.end() ? FlagRule{} : found->second;
}

ValidityPolicy DefaultValidity() {
  ValidityPolicy policy;
  for (const KnownFlag& known : kKnownFlags) {
    policy.rules.emplace(std::string(known.name), FlagRule{known.effect, std::nullopt});
  }
  return policy;
}

base::Result<ValidityPolicy> ParseValidity(const Json& value, const std::string& where) {
  const run::JsonObject* object = value.as_object();
  if (object == nullptr) {
    return base::Error{base::ErrorCode::kInvalidInput,
                       "$.validity: should be an object, found " + std::string(value.KindName()), where};
  }
  ValidityPolicy policy = DefaultValidity();
  for (const auto& [name, entry] : *object) {
    const std::string path = "$.validity." + base::EscapeForTerminal(name);
    const auto known = policy.rules.find(name);
    if (known == policy.rules.end()) {
      return base::Error{base::ErrorCode::kInvalidInput, path + ": there is no such flag; choose from " + KnownNames(),
                         where};
    }
    ASSAY_RETURN_IF_ERROR(ParseRule(entry, where, path, known->second));
  }
  return policy;
}

std::vector<JudgedFlag> JudgeFlags(const run::Run& run, const ValidityPolicy& policy) {
  std::vector<JudgedFlag> judged;
  for (const run::Flag& flag : run.info.validity.flags) {
    const FlagRule rule = policy.For(flag.name);
    JudgedFlag one{run.directory.string(), flag, rule.effect};
    // What could not be told stays untold whatever the limit.
    if (rule.limit && flag.figure) {
      one.flag.limit = *rule.limit;
      one.flag.raised = *flag.figure > *rule.limit;
    }
    judged.push_back(std::move(one));
  }
  return judged;
}

std::string FlagFigure(const run::Flag& flag) {
  if (!flag.figure) return flag.name;
  return flag.name + " " + WithUnit(*flag.figure, flag.unit) + " (limit " + WithUnit(flag.limit, flag.unit) + ")";
}

std::string WhyNotValid(const std::vector<JudgedFlag>& flags, std::string_view run, std::string_view case_id) {
  std::vector<std::string> figures;
  for (const JudgedFlag& one : flags) {
    const bool about = one.flag.case_id.empty() || one.flag.case_id == case_id;
    if (one.Spoils() && about && one.run == run) figures.push_back(FlagFigure(one.flag));
  }
  if (figures.empty()) return "";
  return "the run is not valid for this: " + base::Join(figures, ", ");
}

}  // namespace assay::compare
