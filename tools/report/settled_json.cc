// SPDX-License-Identifier: MIT
#include "tools/report/settled_json.h"

#include <ostream>
#include <string>

#include "fixtures/run/json.h"

namespace assay::report {

void WriteSettledJson(std::span<const compare::SettledCase> settled, std::ostream& out) {
  run::JsonArray cases;
  for (const compare::SettledCase& one : settled) {
    cases.push_back(run::JsonObject{{"case", one.id}, {"why", std::string(compare::ToString(one.why))}});
  }
  out << run::WriteJson(run::JsonObject{{"schema_version", kSettledSchemaVersion}, {"settled", std::move(cases)}},
                        run::JsonStyle::kCompact)
      << "\n";
}

}  // namespace assay::report
