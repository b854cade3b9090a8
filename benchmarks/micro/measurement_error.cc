// SPDX-License-Identifier: MIT
// Program measurement_error: our client's own error and cost beside those of the floor client, in one table.
#include <boost/program_options.hpp>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "benchmarks/micro/measurement.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/process/process.h"

namespace assay::micro {
namespace {

namespace po = boost::program_options;

constexpr int kUsage = 2;
constexpr int kUnavailable = 3;

po::options_description Options() {
  std::string groups;
  for (const Group& group : AllGroups()) groups += (groups.empty() ? "" : ", ") + std::string(group.name);
  po::options_description options("measurement_error");
  options.add_options()("help", "show this text")(
      "rounds", po::value<std::string>()->default_value("16")->value_name("N"),
      "rounds per figure, both clients in each; 16 are the fewest with a p99 of the first token")(
      "only", po::value<std::string>()->value_name("A,B"), ("these figures: " + groups).c_str())(
      "service", po::value<std::string>()->value_name("FILE"),
      "foundry-embedded; default is the one beside this program")("json", po::value<std::string>()->value_name("FILE"),
                                                                  "write the figures there, too");
  return options;
}

int Fail(std::ostream& err, const base::Error& error, int code) {
  err << "measurement_error: " << base::EscapeForTerminal(error.Message()) << "\n";
  return code;
}

int Measure(const Plan& plan, const std::vector<std::string>& only, const std::string& json, std::ostream& out,
            std::ostream& err) {
  std::vector<Figure> figures;
  for (const Group& group : AllGroups()) {
    if (!only.empty() && std::ranges::find(only, group.name) == only.end()) continue;
    err << "measuring " << group.title << std::endl;
    base::Result<std::vector<Figure>> measured = group.measure(plan);
    if (!measured.ok()) {
      if (!figures.empty()) out << FiguresTable(figures);
      return Fail(err, measured.error(), kUnavailable);
    }
    std::ranges::move(*measured, std::back_inserter(figures));
  }
  out << FiguresTable(figures);
  if (json.empty()) return 0;
  const base::Status written =
      base::WriteFileAtomically(json, run::WriteJson(FiguresJson(figures, plan), run::JsonStyle::kPretty));
  return written.ok() ? 0 : Fail(err, written.error(), kUnavailable);
}

int Run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  const po::options_description description = Options();
  po::variables_map values;
  try {
    const po::positional_options_description no_positional;
    po::store(po::command_line_parser(arguments)
                  .options(description)
                  .positional(no_positional)
                  .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
                  .run(),
              values);
  } catch (const po::error& error) {
    return Fail(err, {base::ErrorCode::kUsage, std::string(error.what()) + "; try --help", ""}, kUsage);
  }
  if (values.contains("help")) {
    out << "usage: measurement_error [options]\n" << description;
    return 0;
  }
  const auto text = [&](const char* name) {
    return values.contains(name) ? values[name].as<std::string>() : std::string();
  };
  Plan plan;
  const std::optional<std::int64_t> rounds = base::ParseInt(text("rounds"));
  if (!rounds || *rounds < 1 || *rounds > 10'000) {
    return Fail(err, {base::ErrorCode::kUsage, "--rounds takes a number from 1 to 10000", text("rounds")}, kUsage);
  }
  plan.rounds = *rounds;
  plan.service = values.contains("service") ? std::filesystem::path(text("service"))
                                            : process::ProgramDirectory() / "foundry-embedded";
  std::vector<std::string> only;
  if (values.contains("only")) only = base::Split(text("only"), ',');
  for (const std::string& name : only) {
    if (std::ranges::none_of(AllGroups(), [&](const Group& group) { return group.name == name; })) {
      return Fail(err, {base::ErrorCode::kUsage, "--only knows no such figure; --help lists them", name}, kUsage);
    }
  }
  return Measure(plan, only, text("json"), out, err);
}

}  // namespace
}  // namespace assay::micro

int main(int argc, char** argv) { return assay::micro::Run({argv + 1, argv + argc}, std::cout, std::cerr); }
