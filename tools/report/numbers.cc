// SPDX-License-Identifier: MIT
#include "tools/report/numbers.h"

#include <cmath>
#include <cstdio>

namespace assay::report {
namespace {

constexpr double kThousand = 1000.0;

std::string Format(const char* format, int decimals, double value) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, format, decimals, value);
  std::string result(text, length > 0 ? static_cast<std::size_t>(length) : 0);
  // The C library follows the locale of the program; a report must not.
  for (char& c : result) {
    if (c == ',') c = '.';
  }
  return result;
}

// Decimals that leave three significant digits, after rounding: 9.996 has two digits before the
// point.
int DecimalsForThreeDigits(double size) {
  if (size < 9.995) return 2;
  if (size < 99.95) return 1;
  return 0;
}

}  // namespace

std::string Fixed(double value, int decimals) { return Format("%.*f", decimals, value); }

std::string Short(double value) {
  const double size = std::fabs(value);
  if (size >= 9999.5 * kThousand) return Format("%.*e", 2, value);
  if (size >= 9999.5) return Short(value / kThousand) + "k";
  return Fixed(value, DecimalsForThreeDigits(size));
}

std::string SignedPercent(double share) {
  const double percent = share * 100.0;
  return Format("%+.*f", std::fabs(percent) >= 999.95 ? 0 : 1, percent) + " %";
}

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", share * 100.0);
  return std::string(text) + " %";
}

std::string PValue(double p) {
  if (p < 0.0001) return "<0.0001";
  if (p < 0.01) return Fixed(p, 4);
  return Fixed(p, 2);
}

double Stable(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  constexpr int kDigits = 10;
  const int exponent = static_cast<int>(std::floor(std::log10(std::fabs(value))));
  const int shift = kDigits - 1 - exponent;
  // Scaling by a power of ten above 1 is exact enough for ten digits; dividing by it avoids 0.1,
  // which is not.
  if (shift >= 0) {
    const double scale = std::pow(10.0, shift);
    return std::isfinite(value * scale) ? std::round(value * scale) / scale : value;
  }
  const double scale = std::pow(10.0, -shift);
  return std::round(value / scale) * scale;
}

std::optional<double> Stable(const std::optional<double>& value) {
  if (!value) return std::nullopt;
  return Stable(*value);
}

std::string ShortOrDash(const std::optional<double>& value) { return value ? Short(*value) : "-"; }

}  // namespace assay::report
