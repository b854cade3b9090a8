// SPDX-License-Identifier: MIT
#include "benchmarks/suite/machine_state.h"

#include <algorithm>
#include <optional>

namespace assay::suite {
namespace {

template <typename T>
std::optional<T> Optional(const machine::Reading<T>& reading) {
  return reading ? std::optional<T>(*reading) : std::nullopt;
}

template <typename T>
void Add(const machine::Reading<T>& reading, std::optional<T>& sum) {
  if (reading) sum = sum.value_or(T{}) + *reading;
}

template <typename T>
void Highest(const machine::Reading<T>& reading, std::optional<T>& highest) {
  if (reading) highest = std::max(highest.value_or(*reading), *reading);
}

void FillGpus(const std::vector<machine::Gpu>& gpus, run::MachineUse& use) {
  for (const machine::Gpu& gpu : gpus) {
    Add(gpu.memory_used_bytes, use.gpu_memory_bytes);
    Highest(gpu.utilisation, use.gpu_utilisation);
    Add(gpu.power_milliwatts, use.gpu_milliwatts);
    Highest(gpu.celsius, use.gpu_celsius);
  }
}

// Counters are read less often than snapshots are taken: only two that were read with theirs span the same time.
std::optional<std::int64_t> GpuEnergy(const machine::Snapshot& before, const machine::Snapshot& after) {
  const bool fresh = before.gpus_taken == before.taken && after.gpus_taken == after.taken;
  if (!fresh || !before.gpus || !after.gpus || before.gpus->size() != after.gpus->size()) return std::nullopt;
  std::optional<std::int64_t> used;
  for (std::size_t i = 0; i < after.gpus->size(); ++i) {
    const machine::Reading<std::int64_t>& from = (*before.gpus)[i].energy_millijoules;
    const machine::Reading<std::int64_t>& to = (*after.gpus)[i].energy_millijoules;
    if (!from || !to || *to < *from) return std::nullopt;
    used = used.value_or(0) + (*to - *from);
  }
  return used;
}

template <typename T>
void Why(const char* name, const machine::Reading<T>& reading, std::map<std::string, std::string>& absent) {
  if (!reading) absent[name] = reading.reason();
}

}  // namespace

run::MachineUse UseOf(const machine::Snapshot* before, const machine::Snapshot& after, bool around_one_request) {
  run::MachineUse use;
  if (after.service) {
    use.service_resident_bytes = after.service->resident_bytes;
    use.service_peak_resident_bytes = Optional(after.service->peak_resident_bytes);
  }
  // Older readings are of the request before, or of none.
  if (after.gpus && after.gpus_taken == after.taken) FillGpus(*after.gpus, use);
  if (before == nullptr || !around_one_request) return use;
  use.span = after.taken - before->taken;
  if (before->service && after.service && before->service->root == after.service->root) {
    use.service_cpu = after.service->cpu - before->service->cpu;
  }
  const machine::CpuShares shares = machine::SharesBetween(*before, after);
  if (shares.others) use.others_cpu_share = shares.others->of_machine;
  const machine::Reading<machine::Energy> energy = machine::EnergyBetween(*before, after);
  if (energy) use.package_microjoules = energy->package_microjoules;
  use.gpu_millijoules = GpuEnergy(*before, after);
  return use;
}

run::MachineState StateOf(const machine::Snapshot& snapshot) {
  run::MachineState state;
  const machine::Power& power = snapshot.power;
  if (power.source) state.power_source = *power.source == machine::PowerSource::kBattery ? "battery" : "ac";
  state.battery_percent = Optional(power.battery_percent);
  state.governor = Optional(power.governor);
  state.frequency_khz = Optional(power.frequency_khz);
  state.highest_frequency_khz = Optional(power.highest_frequency_khz);
  state.cpu_celsius = Optional(power.cpu_celsius);
  if (snapshot.load.average) state.load_average_1m = snapshot.load.average->one_minute;
  if (snapshot.load.cpus) state.available_cpus = snapshot.load.cpus->available();
  state.memory_available_bytes = Optional(snapshot.load.memory_available_bytes);
  if (snapshot.service) {
    state.service_resident_bytes = snapshot.service->resident_bytes;
    state.service_peak_resident_bytes = Optional(snapshot.service->peak_resident_bytes);
    state.service_processes = snapshot.service->processes;
  }
  if (snapshot.gpus) {
    for (const machine::Gpu& gpu : *snapshot.gpus) state.gpus.push_back(gpu.name ? *gpu.name : "unnamed");
  }
  return state;
}

std::map<std::string, std::string> AbsentIn(const machine::Snapshot& snapshot) {
  std::map<std::string, std::string> absent;
  const machine::Power& power = snapshot.power;
  Why("power_source", power.source, absent);
  Why("battery_percent", power.battery_percent, absent);
  Why("governor", power.governor, absent);
  Why("frequency_khz", power.frequency_khz, absent);
  Why("highest_frequency_khz", power.highest_frequency_khz, absent);
  Why("cpu_celsius", power.cpu_celsius, absent);
  // One of the two is how a system tells.
  if (!power.held_back) Why("throttle_events", power.throttle_events, absent);
  Why("load_average_1m", snapshot.load.average, absent);
  Why("available_cpus", snapshot.load.cpus, absent);
  Why("memory_available_bytes", snapshot.load.memory_available_bytes, absent);
  Why("service_resident_bytes", snapshot.service, absent);
  Why("service_cpu", snapshot.service, absent);
  if (snapshot.service) Why("service_peak_resident_bytes", snapshot.service->peak_resident_bytes, absent);
  Why("client_cpu", snapshot.own_cpu, absent);
  const machine::Reading<machine::Energy> energy = machine::EnergyBetween(snapshot, snapshot);
  Why("package_microjoules", energy, absent);
  Why("gpus", snapshot.gpus, absent);
  return absent;
}

}  // namespace assay::suite
