// SPDX-License-Identifier: MIT
// What the readers and writers of both baseline files do alike. Only for baseline_format.cc and outputs_format.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fixtures/base/result.h"
#include "fixtures/run/json.h"

namespace assay::compare {

inline void PutIfSet(run::JsonObject& object, const std::string& key, const std::optional<std::string>& value) {
  if (value) object[key] = *value;
}
inline void PutIfSet(run::JsonObject& object, const std::string& key, const std::optional<std::int64_t>& value) {
  if (value) object[key] = *value;
}
inline void PutIfNotEmpty(run::JsonObject& object, const std::string& key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

// The part both files share: version and variant; returns the variant.
std::string ReadHeader(run::JsonFields& fields, std::string_view variant);
// That a case belongs to the variant of its file.
base::Status CheckCaseId(const std::string& id, std::string_view variant, const std::string& where);
// Empty, with the error recorded, when it is missing or no object.
const run::JsonObject& RequiredObject(run::JsonFields& fields, const std::string& key);

}  // namespace assay::compare
