// SPDX-License-Identifier: MIT
// How numbers look to people: few digits, always the same way, independent of the locale. Files for
// programs do not use these.
#pragma once

#include <optional>
#include <string>

namespace assay::report {

// Three significant digits without an exponent: "1.23", "12.3", "123", "1234", "12.3k". The unit
// stands elsewhere.
std::string Short(double value);
// "+50.2 %", "-3.0 %"; from 1,000 % on without decimals.
std::string SignedPercent(double share);
// "5 %", "2.5 %".
std::string Percent(double share);
// "0.0004", "0.31", "<0.0001".
std::string PValue(double p);
// Fixed decimals.
std::string Fixed(double value, int decimals);
// For files: ten significant digits, so that the last bits of a computation, which differ between
// machines, stay out.
double Stable(double value);
std::optional<double> Stable(const std::optional<double>& value);
// Short, or "-".
std::string ShortOrDash(const std::optional<double>& value);

}  // namespace assay::report
