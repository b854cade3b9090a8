// SPDX-License-Identifier: MIT
#include "tools/compare/accepted_probe.h"

namespace assay::compare {

run::Json ToJson(const AcceptedProbe& probe) {
  run::JsonObject object{{"result", std::string(run::ToString(probe.result))}};
  if (!probe.parts.empty()) object.emplace("parts", run::PartsToJson(probe.parts));
  return object;
}

base::Result<AcceptedProbe> AcceptedProbeFromJson(const run::Json& value, const std::string& where,
                                                  const std::string& path) {
  run::JsonFields fields(value, where, path);
  AcceptedProbe probe;
  probe.result = run::RequiredResult(fields);
  probe.parts = run::OptionalParts(fields);
  ASSAY_RETURN_IF_ERROR(fields.Finish());
  return probe;
}

}  // namespace assay::compare
