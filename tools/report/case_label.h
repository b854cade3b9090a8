// SPDX-License-Identifier: MIT
// How a case is called beside its variant: its prompt and what is special about how it is asked. Not escaped.
#pragma once

#include <string>
#include <string_view>

namespace assay::report {

// "capital", "capital, nonstream, concurrency:4". `case_id` as BuildCaseId writes it; of anything else the prompt
// alone.
std::string CaseLabel(std::string_view prompt, std::string_view case_id);

}  // namespace assay::report
