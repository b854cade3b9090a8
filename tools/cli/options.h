// SPDX-License-Identifier: MIT
// Flags of one subcommand: declared with their help, parsed from arguments, read back typed. Hides
// the library that parses and turns what it throws into errors of kind kUsage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fixtures/base/result.h"

namespace assay::cli {

class Options {
 public:
  // `synopsis` is the first line of the help, `examples` its end.
  Options(std::string synopsis, std::string examples);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  void AddFlag(const std::string& name, const std::string& help);
  // Takes a value; may be given more than once when `repeatable`.
  void AddValue(const std::string& name, const std::string& value_name, const std::string& help,
                bool repeatable = false);

  base::Status Parse(const std::vector<std::string>& args);

  bool help_wanted() const { return Has("help"); }
  std::string Help() const;
  bool Has(const std::string& name) const;
  std::optional<std::string> Value(const std::string& name) const;
  std::vector<std::string> Values(const std::string& name) const;
  std::vector<std::filesystem::path> Paths(const std::string& name) const;
  // kUsage when it was not given, or given empty.
  base::Result<std::string> Required(const std::string& name) const;
  base::Result<std::vector<std::filesystem::path>> RequiredPaths(const std::string& name) const;
  // kUsage unless the value is one of `words`; nothing when it was not given.
  base::Result<std::optional<std::string>> OneOf(const std::string& name, const std::vector<std::string>& words) const;
  // A share written as a percentage: "5%" or "5 %" is 0.05. kUsage without the sign, since "0.05" and "5" could each
  // mean two things, and unless `least` < share < `most`. Nothing when it was not given.
  base::Result<std::optional<double>> Share(const std::string& name, double least, double most) const;
  // The same for a share that other programs write as a plain number in [0, 1].
  base::Result<std::optional<double>> PlainShare(const std::string& name) const;
  // kUsage unless it is a whole number from `least` to `most`.
  base::Result<std::optional<std::int64_t>> WholeNumber(const std::string& name, std::int64_t least,
                                                        std::int64_t most) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::cli
