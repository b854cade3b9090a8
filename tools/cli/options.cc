// SPDX-License-Identifier: MIT
#include "tools/cli/options.h"

#include <boost/program_options.hpp>
#include <exception>
#include <locale>
#include <map>
#include <sstream>

#include "fixtures/base/text.h"

namespace assay::cli {

namespace po = boost::program_options;

struct Options::State {
  std::string synopsis;
  std::string examples;
  po::options_description description{"Options"};
  std::map<std::string, bool> repeatable;
  po::variables_map values;
};

namespace {

// "5 %", "97.5 %".
std::string PercentOf(double share) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << share * 100.0 << " %";
  return text.str();
}

base::Error Usage(std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; }

constexpr const char* kHelpHint = "; see --help";

}  // namespace

Options::Options(std::string synopsis, std::string examples) : state_(std::make_unique<State>()) {
  state_->synopsis = std::move(synopsis);
  state_->examples = std::move(examples);
  AddFlag("help", "show this and end");
}

Options::~Options() = default;

void Options::AddFlag(const std::string& name, const std::string& help) {
  state_->description.add_options()(name.c_str(), help.c_str());
}

void Options::AddValue(const std::string& name, const std::string& value_name, const std::string& help,
                       bool repeatable) {
  state_->repeatable[name] = repeatable;
  state_->description.add_options()(name.c_str(), po::value<std::vector<std::string>>()->value_name(value_name),
                                    help.c_str());
}

base::Status Options::Parse(const std::vector<std::string>& args) {
  namespace style = po::command_line_style;
  try {
    // No abbreviations: a flag added later must not change what a script means.
    const int flags = style::allow_long | style::long_allow_adjacent | style::long_allow_next;
    const po::parsed_options parsed =
        po::command_line_parser(args).options(state_->description).positional({}).style(flags).run();
    po::store(parsed, state_->values);
    po::notify(state_->values);
  } catch (const po::too_many_positional_options_error&) {
    for (std::size_t i = 0; i < args.size(); ++i) {
      const bool value_of_flag = i > 0 && args[i - 1].starts_with("--") && args[i - 1].find('=') == std::string::npos;
      if (args[i].starts_with("--") || value_of_flag) continue;
      return Usage("'" + base::EscapeForTerminal(args[i]) + "' stands alone; every value needs its flag" + kHelpHint);
    }
    return Usage(std::string("a value stands alone; every value needs its flag") + kHelpHint);
  } catch (const std::exception& error) {
    return Usage(base::EscapeForTerminal(error.what()) + kHelpHint);
  }
  for (const auto& [name, repeatable] : state_->repeatable) {
    if (!repeatable && Values(name).size() > 1) return Usage("--" + name + " was given more than once");
  }
  return {};
}

std::string Options::Help() const {
  std::ostringstream text;
  text << state_->synopsis << "\n\n" << state_->description << "\n" << state_->examples;
  return text.str();
}

bool Options::Has(const std::string& name) const { return state_->values.count(name) > 0; }

std::optional<std::string> Options::Value(const std::string& name) const {
  const std::vector<std::string> values = Values(name);
  if (values.empty()) return std::nullopt;
  return values.front();
}

std::vector<std::string> Options::Values(const std::string& name) const {
  if (!Has(name)) return {};
  return state_->values[name].as<std::vector<std::string>>();
}

std::vector<std::filesystem::path> Options::Paths(const std::string& name) const {
  std::vector<std::filesystem::path> paths;
  for (const std::string& value : Values(name)) paths.emplace_back(value);
  return paths;
}

base::Result<std::string> Options::Required(const std::string& name) const {
  const std::optional<std::string> value = Value(name);
  if (!value || value->empty()) return Usage("--" + name + " is needed" + kHelpHint);
  return *value;
}

base::Result<std::vector<std::filesystem::path>> Options::RequiredPaths(const std::string& name) const {
  ASSAY_TRY(const std::string first, Required(name));
  return Paths(name);
}

base::Result<std::optional<std::string>> Options::OneOf(const std::string& name,
                                                        const std::vector<std::string>& words) const {
  const std::optional<std::string> value = Value(name);
  if (!value) return std::optional<std::string>();
  for (const std::string& word : words) {
    if (*value == word) return value;
  }
  return Usage("--" + name + " should be one of " + base::Join(words, ", ") + ", found '" +
               base::EscapeForTerminal(*value) + "'");
}

base::Result<std::optional<double>> Options::Share(const std::string& name, double least, double most) const {
  const std::optional<std::string> value = Value(name);
  if (!value) return std::optional<double>();
  const std::string found = ", found '" + base::EscapeForTerminal(*value) + "'";
  std::string_view text = base::Trim(*value);
  if (!text.ends_with('%')) {
    return Usage("--" + name + " should be a percentage with its sign, such as --" + name + "=5%" + found);
  }
  text.remove_suffix(1);
  const std::optional<double> percent = base::ParseDouble(base::Trim(text));
  if (!percent) return Usage("--" + name + " should be a percentage such as 5%" + found);
  const double share = *percent / 100.0;
  if (!(share > least && share < most)) {
    return Usage("--" + name + " should be above " + PercentOf(least) + " and below " + PercentOf(most) + found);
  }
  return std::optional<double>(share);
}

base::Result<std::optional<double>> Options::PlainShare(const std::string& name) const {
  const std::optional<std::string> value = Value(name);
  if (!value) return std::optional<double>();
  const std::optional<double> share = base::ParseDouble(*value);
  if (share && *share >= 0 && *share <= 1) return share;
  return Usage("--" + name + " should be a number from 0 to 1, found '" + base::EscapeForTerminal(*value) + "'");
}

base::Result<std::optional<std::int64_t>> Options::WholeNumber(const std::string& name, std::int64_t least,
                                                               std::int64_t most) const {
  const std::optional<std::string> value = Value(name);
  if (!value) return std::optional<std::int64_t>();
  const std::optional<std::int64_t> number = base::ParseInt(*value);
  if (number && *number >= least && *number <= most) return number;
  return Usage("--" + name + " should be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
               ", found '" + base::EscapeForTerminal(*value) + "'");
}

}  // namespace assay::cli
