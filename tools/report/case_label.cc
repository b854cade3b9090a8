// SPDX-License-Identifier: MIT
#include "tools/report/case_label.h"

#include "fixtures/run/case_id.h"

namespace assay::report {

std::string CaseLabel(std::string_view prompt, std::string_view case_id) {
  std::string label(prompt);
  const base::Result<run::CaseId> parts = run::ParseCaseId(case_id);
  if (!parts.ok()) return label;
  if (!parts->stream) label += ", nonstream";
  for (const std::string& part : run::ScenarioParts(parts->scenario)) label += ", " + part;
  return label;
}

}  // namespace assay::report
