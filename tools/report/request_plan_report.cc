// SPDX-License-Identifier: MIT
#include "tools/report/request_plan_report.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "fixtures/base/text.h"
#include "fixtures/run/json.h"
#include "tools/report/latency_text.h"
#include "tools/report/numbers.h"

namespace assay::report {
namespace {

using compare::CaseNeed;
using compare::FamilyPlan;
using compare::NeededRequests;
using compare::NeedsByMode;
using compare::RequestPlan;
using run::Json;
using run::JsonArray;
using run::JsonObject;

struct Way {
  const char* name;
  const char* title;
  NeededRequests NeedsByMode::*needs;
};

constexpr Way kWays[] = {
    {"stored", "stored sessions", &NeedsByMode::stored},
    {"stored_second", "stored, second look", &NeedsByMode::stored_second},
    {"paired", "in pairs", &NeedsByMode::paired},
    {"paired_second", "in pairs, second look", &NeedsByMode::paired_second},
};

std::string Needed(const NeededRequests& needed) {
  return needed.requests ? std::to_string(*needed.requests) : "none will do";
}

// Why no number of requests will do, and what would.
std::string Limit(const NeededRequests& needed) {
  if (needed.requests) return "";
  std::string text = needed.limit;
  if (needed.groups) text += (text.empty() ? "" : "; ") + std::to_string(*needed.groups) + " of them would do";
  return text;
}

void WriteRow(const std::vector<std::string>& row, const std::vector<std::size_t>& widths, std::ostream& out) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += "  " + row[i] + std::string(widths[i] - std::min(widths[i], row[i].size()), ' ');
  }
  out << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
}

void WriteFamily(const FamilyPlan& family, std::ostream& out) {
  out << "\n" << FamilyTitle(family.kind) << ", " << Counted(family.cases, "case");
  out << ", one request differs by " << Percent(family.median_noise);
  out << ", " << Counted(family.sessions, "accepted session") << (family.sessions_assumed ? " (assumed)" : "");
  if (family.session_deviation)
    out << ", a case by itself by " << Percent(*family.session_deviation) << " between them";
  out << ":\n";
  std::vector<std::vector<std::string>> rows = {{"requests per case"}};
  for (const Way& way : kWays) rows.front().emplace_back(way.title);
  rows.push_back({"half of the cases"});
  for (const Way& way : kWays) rows.back().push_back(Needed(family.needs.*way.needs));
  for (const CaseNeed& one : family.noisiest) {
    rows.push_back({base::EscapeForTerminal(one.id) + " (" + Percent(one.noise) + ")"});
    for (const Way& way : kWays) rows.back().push_back(Needed(one.needs.*way.needs));
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const std::vector<std::string>& row : rows) WriteRow(row, widths, out);
  for (const Way& way : kWays) {
    const std::string limit = Limit(family.needs.*way.needs);
    if (!limit.empty()) out << "  " << way.title << ": " << base::EscapeForTerminal(limit) << "\n";
  }
}

Json ToJson(const NeededRequests& needed) {
  const auto count = [](const std::optional<std::size_t>& value) {
    return value ? Json(static_cast<std::int64_t>(*value)) : Json();
  };
  return JsonObject{{"requests", count(needed.requests)}, {"limit", needed.limit}, {"groups", count(needed.groups)}};
}

Json ToJson(const CaseNeed& one) {
  JsonObject object{{"id", one.id},
                    {"metric", std::string(one.metric->name)},
                    {"noise", Stable(one.noise)},
                    {"n", static_cast<std::int64_t>(one.n)}};
  for (const Way& way : kWays) object.emplace(way.name, ToJson(one.needs.*way.needs));
  return object;
}

Json ToJson(const FamilyPlan& family) {
  JsonArray noisiest;
  for (const CaseNeed& one : family.noisiest) noisiest.push_back(ToJson(one));
  JsonObject object{{"family_name", std::string(compare::ToString(family.kind))},
                    {"cases", static_cast<std::int64_t>(family.cases)},
                    {"sessions", static_cast<std::int64_t>(family.sessions)},
                    {"sessions_assumed", family.sessions_assumed},
                    {"session_deviation", Stable(family.session_deviation)},
                    {"median_noise", Stable(family.median_noise)},
                    {"noisiest", std::move(noisiest)}};
  for (const Way& way : kWays) object.emplace(way.name, ToJson(family.needs.*way.needs));
  return object;
}

}  // namespace

void WriteRequestPlanTerminal(const RequestPlan& plan, std::ostream& out) {
  out << "to see a case that is " << Percent(plan.effect) << " slower in " << Percent(plan.power)
      << " of the comparisons, ask each case so many times; with a second look, suspects and controls twice as often "
         "again\n";
  if (plan.min_effect_needed) {
    out << "a true slowdown of " << Percent(plan.effect)
        << " is measured as less every second time: these figures hold with a min_effect of "
        << Percent(*plan.min_effect_needed) << " in the policy\n";
  }
  for (const FamilyPlan& family : plan.families) WriteFamily(family, out);
  if (!plan.notes.empty()) out << "\n";
  for (const std::string& note : plan.notes) out << "note: " << base::EscapeForTerminal(note) << "\n";
}

void WriteRequestPlanJson(const RequestPlan& plan, std::ostream& out) {
  JsonArray families;
  for (const FamilyPlan& family : plan.families) families.push_back(ToJson(family));
  JsonArray notes;
  for (const std::string& note : plan.notes) notes.emplace_back(note);
  out << run::WriteJson(JsonObject{{"schema_version", kRequestPlanSchemaVersion},
                                   {"effect", Stable(plan.effect)},
                                   {"power", Stable(plan.power)},
                                   {"min_effect_needed", Stable(plan.min_effect_needed)},
                                   {"families", std::move(families)},
                                   {"notes", std::move(notes)}},
                        run::JsonStyle::kPretty);
}

}  // namespace assay::report
