// SPDX-License-Identifier: MIT
#include "tools/report/self_check_report.h"

#include <ostream>
#include <string>

#include "fixtures/base/text.h"
#include "fixtures/run/json.h"
#include "tools/report/latency_text.h"
#include "tools/report/numbers.h"

namespace assay::report {
namespace {

using compare::SelfCheck;
using compare::SelfCheckRate;
using run::Json;
using run::JsonArray;
using run::JsonObject;

// "3 of 200 (1.5 %, at most 4.3 %)", or "-".
std::string Alarms(const SelfCheckRate& rate) {
  if (!rate.Share()) return "-";
  std::string text = std::to_string(rate.alarms) + " of " + std::to_string(rate.splits) + " (" + Percent(*rate.Share());
  if (rate.upper) text += ", at most " + Percent(*rate.upper);
  return text + ")";
}

std::string Seen(const std::optional<double>& mde) { return mde ? SignedPercent(*mde) : "-"; }

void WriteFamily(const compare::SelfCheckFamily& family, std::ostream& out) {
  out << FamilyTitle(family.kind) << ", " << Counted(family.cases, "case") << ", may alarm in " << Percent(family.alpha)
      << " of the splits:\n  as pairs: false alarms in " << Alarms(family.paired) << ", could have seen "
      << Seen(family.paired.mde) << "\n";
  if (family.stored.Share()) {
    out << "  one half as the only accepted session: false alarms in " << Alarms(family.stored) << ", could have seen "
        << Seen(family.stored.mde) << "\n";
  } else if (!family.why_no_stored.empty()) {
    out << "  one half as the only accepted session: not looked at: " << base::EscapeForTerminal(family.why_no_stored)
        << "\n";
  }
}

Json ToJson(const SelfCheckRate& rate) {
  return JsonObject{{"splits", static_cast<std::int64_t>(rate.splits)},
                    {"alarms", static_cast<std::int64_t>(rate.alarms)},
                    {"share", Stable(rate.Share())},
                    {"share_upper", Stable(rate.upper)},
                    {"mde", Stable(rate.mde)}};
}

}  // namespace

void WriteSelfCheckTerminal(const SelfCheck& check, std::ostream& out) {
  out << "the run against itself: " << check.splits << " splits by the coin of seed " << check.seed
      << ", one half of the requests of each case against the other; every alarm is a false one\n\n";
  for (const compare::SelfCheckFamily& family : check.families) WriteFamily(family, out);
  if (!check.worst.empty()) out << "\nnoisiest cases:\n";
  for (const compare::SelfCheckCase& one : check.worst) {
    out << "  " << base::EscapeForTerminal(one.id) << ", " << one.metric->name << ": " << one.alarms
        << (one.alarms == 1 ? " alarm" : " alarms") << ", n " << one.n << ", could have seen " << Seen(one.mde) << "\n";
  }
  if (!check.notes.empty()) out << "\n";
  for (const std::string& note : check.notes) out << "note: " << base::EscapeForTerminal(note) << "\n";
  out << "\nall together, as pairs: false alarms in " << Alarms(check.paired) << "; as a stored session: in "
      << Alarms(check.stored) << "; stated: " << Percent(check.alpha) << "\n";
  if (check.TooManyAlarms()) {
    out << "self check: cannot_tell (exit code 3): more false alarms than the stated rate gives by chance; do not rely "
           "on "
           "a gate over runs like this one: look for drift within the run, or ask more often\n";
  } else {
    out << "self check: passed (exit code 0)\n";
  }
}

void WriteSelfCheckJson(const SelfCheck& check, std::ostream& out) {
  JsonArray families;
  for (const compare::SelfCheckFamily& family : check.families) {
    families.push_back(JsonObject{{"family_name", std::string(compare::ToString(family.kind))},
                                  {"cases", static_cast<std::int64_t>(family.cases)},
                                  {"alpha", Stable(family.alpha)},
                                  {"paired", ToJson(family.paired)},
                                  {"stored", ToJson(family.stored)},
                                  {"why_no_stored", family.why_no_stored}});
  }
  JsonArray worst;
  for (const compare::SelfCheckCase& one : check.worst) {
    worst.push_back(JsonObject{{"id", one.id},
                               {"family_name", std::string(compare::ToString(one.kind))},
                               {"metric", std::string(one.metric->name)},
                               {"n", static_cast<std::int64_t>(one.n)},
                               {"alarms", static_cast<std::int64_t>(one.alarms)},
                               {"mde", Stable(one.mde)}});
  }
  JsonArray notes;
  for (const std::string& note : check.notes) notes.emplace_back(note);
  out << run::WriteJson(JsonObject{{"schema_version", kSelfCheckSchemaVersion},
                                   {"splits", static_cast<std::int64_t>(check.splits)},
                                   {"seed", static_cast<std::int64_t>(check.seed)},
                                   {"alpha", Stable(check.alpha)},
                                   {"families", std::move(families)},
                                   {"paired", ToJson(check.paired)},
                                   {"stored", ToJson(check.stored)},
                                   {"worst", std::move(worst)},
                                   {"notes", std::move(notes)},
                                   {"too_many_alarms", check.TooManyAlarms()}},
                        run::JsonStyle::kPretty);
}

}  // namespace assay::report
