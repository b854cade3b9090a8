// SPDX-License-Identifier: MIT
#include "tools/report/run_conditions.h"

#include <algorithm>

#include "fixtures/base/text.h"
#include "tools/report/latency_text.h"
#include "tools/report/numbers.h"

namespace assay::report {
namespace {

constexpr double kBytesPerGib = 1024.0 * 1024.0 * 1024.0;
constexpr double kBytesPerMib = 1024.0 * 1024.0;
constexpr double kKhzPerGhz = 1e6;

// "a", or "a -> b" where the end of the run differs from its beginning.
template <typename T, typename Show>
void AddChange(const std::string& name, const std::optional<T>& before, const std::optional<T>& after, Show show,
               std::vector<std::string>& parts) {
  if (!before && !after) return;
  const std::string first = show(before ? *before : *after);
  const std::string last = show(after ? *after : *before);
  parts.push_back(name + first + (first == last ? "" : " -> " + last));
}

std::string FlagLine(const compare::JudgedFlag& one, bool with_effect) {
  std::string line = compare::FlagFigure(one.flag);
  if (with_effect && one.Spoils()) {
    line += one.flag.case_id.empty() ? ", latency cannot_tell" : ", latency of the case cannot_tell";
  }
  return line + ": " + (one.flag.case_id.empty() ? "" : one.flag.case_id + ": ") + one.flag.message;
}

void AddFooter(const std::string& whose, const std::optional<run::MachineInfo>& machine,
               const std::optional<run::Overhead>& overhead, std::vector<std::string>& footer) {
  for (const std::string& line : {MachineLine(machine), OverheadLine(overhead)}) {
    if (!line.empty()) footer.push_back(whose + line);
  }
}

}  // namespace

std::string OverheadLine(const std::optional<run::Overhead>& overhead) {
  if (!overhead) return "";
  if (!overhead->absent.empty()) return "Our own overhead was not measured: " + overhead->absent;
  const auto micros = [](double value) { return Short(value) + " us"; };
  std::vector<std::string> parts;
  if (overhead->request_us_p50) {
    parts.push_back(micros(*overhead->request_us_p50) + " per request" +
                    (overhead->request_us_p99 ? " (p99 " + micros(*overhead->request_us_p99) + ")" : ""));
  }
  if (overhead->event_us_p50) parts.push_back(micros(*overhead->event_us_p50) + " per event");
  if (parts.empty()) return "Our own overhead was not measured: the run does not say why";
  std::string line = "Measured with an overhead of " + base::Join(parts, " and ") + "; " +
                     std::to_string(overhead->requests) + " requests";
  if (overhead->cpu_us_per_request) line += ", " + micros(*overhead->cpu_us_per_request) + " of our CPU time each";
  return line;
}

std::string MachineLine(const std::optional<run::MachineInfo>& machine) {
  if (!machine) return "";
  const run::MachineState& before = machine->before;
  const run::MachineState& after = machine->after;
  const auto text = [](const std::string& value) { return value; };
  const auto number = [](double value) { return Short(value); };
  const auto ghz = [](std::int64_t khz) { return Fixed(static_cast<double>(khz) / kKhzPerGhz, 2) + " GHz"; };
  std::vector<std::string> parts;
  AddChange("power ", before.power_source, after.power_source, text, parts);
  AddChange(
      "battery ", before.battery_percent, after.battery_percent,
      [](double percent) { return Fixed(percent, 0) + " %"; }, parts);
  AddChange("governor ", before.governor, after.governor, text, parts);
  AddChange("CPU at ", before.frequency_khz, after.frequency_khz, ghz, parts);
  AddChange("at most ", before.highest_frequency_khz, after.highest_frequency_khz, ghz, parts);
  AddChange(
      "CPU ", before.cpu_celsius, after.cpu_celsius, [](double celsius) { return Fixed(celsius, 0) + " C"; }, parts);
  AddChange("load average ", before.load_average_1m, after.load_average_1m, number, parts);
  AddChange("CPUs available ", before.available_cpus, after.available_cpus, number, parts);
  AddChange(
      "free memory ", before.memory_available_bytes, after.memory_available_bytes,
      [](std::int64_t bytes) { return Short(static_cast<double>(bytes) / kBytesPerGib) + " GiB"; }, parts);
  AddChange(
      "service ", before.service_resident_bytes, after.service_resident_bytes,
      [](std::int64_t bytes) { return Short(static_cast<double>(bytes) / kBytesPerMib) + " MiB"; }, parts);
  if (!before.gpus.empty()) parts.push_back("GPU " + base::Join(before.gpus, " + "));
  if (machine->stated_watts) {
    parts.push_back("energy is an estimate: " + Short(*machine->stated_watts) + " W as stated, times seconds");
  }
  if (machine->sampling_cpu_share) {
    parts.push_back("looking at it cost " + Percent(*machine->sampling_cpu_share) + " of a core");
  }
  std::vector<std::string> absent;
  for (const auto& [name, why] : machine->absent) absent.push_back(name);
  if (!absent.empty()) parts.push_back("not readable: " + base::Join(absent, " "));
  if (parts.empty()) return "";
  return "Machine: " + base::Join(parts, ", ");
}

std::string AnchorsLine(const std::optional<run::Anchors>& anchors) {
  if (!anchors) return "";
  if (!anchors->absent.empty()) return "Anchors: none, " + anchors->absent;
  std::size_t requests = 0;
  for (const run::AnchorCase& one : anchors->cases) {
    std::size_t most = 0;
    for (const auto& [metric, values] : one.metrics) most = std::max(most, values.size());
    requests += most;
  }
  return "Anchors: " + Counted(anchors->cases.size(), "case") + ", " + Counted(requests, "request") +
         " that count, yardstick " + anchors->yardstick;
}

std::string SecondLookLine(const std::optional<run::SecondLook>& look) {
  if (!look) return "";
  return "Second look at " + Counted(look->suspects.size(), "suspect") + ", with " +
         Counted(look->controls.size(), "control") + ", of what was measured at " +
         base::Join(look->first_started_at, ", ");
}

std::string RoundsLine(const std::optional<run::Rounds>& rounds) {
  if (!rounds) return "";
  std::vector<std::string> looks;
  for (const std::int64_t look : rounds->looks) looks.push_back(std::to_string(look));
  std::string line = "Rounds: asked " + std::to_string(rounds->asked_requests) + " of " +
                     std::to_string(rounds->planned_requests) + " requests";
  if (rounds->planned_requests > 0 && rounds->asked_requests < rounds->planned_requests) {
    const auto planned = static_cast<double>(rounds->planned_requests);
    line += " (" + Fixed(100.0 * (planned - static_cast<double>(rounds->asked_requests)) / planned, 0) + " % saved)";
  }
  line += ", looked after " + base::Join(looks, " ") + " per case";
  const auto early = std::ranges::count(rounds->stops, std::string("regressed"), &run::Rounds::Stop::why);
  if (!rounds->stops.empty()) {
    line += ", " + Counted(rounds->stops.size(), "case") + " settled early (" + std::to_string(early) + " regressed)";
  }
  return line;
}

Conditions ConditionsOf(const compare::Comparison& comparison) {
  Conditions conditions;
  const bool several = comparison.runs.size() > 1;
  for (const compare::JudgedFlag& one : comparison.flags) {
    if (one.flag.raised) conditions.flags.push_back((several ? one.run + ": " : "") + FlagLine(one, true));
  }
  for (const compare::ComparedRun& one : comparison.runs) {
    AddFooter(several ? one.directory + ": " : "", one.machine, one.overhead, conditions.footer);
  }
  return conditions;
}

Conditions ConditionsOf(const compare::RunSet& runs, const compare::ValidityPolicy& policy) {
  Conditions conditions;
  const bool several = runs.runs().size() > 1;
  for (const run::Run& one : runs.runs()) {
    const std::string whose = several ? one.directory.string() + ": " : "";
    for (const compare::JudgedFlag& flag : compare::JudgeFlags(one, policy)) {
      if (flag.flag.raised) conditions.flags.push_back(whose + FlagLine(flag, false));
    }
    AddFooter(whose, one.info.machine, one.info.overhead, conditions.footer);
    for (const std::string& line :
         {AnchorsLine(one.info.anchors), SecondLookLine(one.info.second_look), RoundsLine(one.info.rounds)}) {
      if (!line.empty()) conditions.footer.push_back(whose + line);
    }
  }
  return conditions;
}

}  // namespace assay::report
