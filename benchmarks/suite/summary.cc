// SPDX-License-Identifier: MIT
#include "benchmarks/suite/summary.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "fixtures/base/text.h"
#include "fixtures/base/units.h"

namespace assay::suite {
namespace {

using base::EscapeForTerminal;

void PrintSampling(const run::ModelInfo& model, std::ostream& out) {
  if (!model.sampling || *model.sampling == "deterministic") return;
  out << "note: sampling: " << EscapeForTerminal(model.variant) << ": " << *model.sampling << ": "
      << (*model.sampling == "nondeterministic" ? "temperature 0 does not repeat, answers will differ from run to run"
                                                : "temperature or seed change nothing, every answer is the greedy one");
  for (const std::string& line : model.findings) out << "; " << EscapeForTerminal(line);
  out << "\n";
}

// Only worth a line when models stand on different services.
void PrintServices(const std::vector<run::ModelInfo>& models, std::ostream& out) {
  std::vector<std::pair<std::string, std::vector<std::string>>> services;
  for (const run::ModelInfo& model : models) {
    const std::string service = model.generation + " at " + model.endpoint;
    auto found = std::ranges::find(services, service, &std::pair<std::string, std::vector<std::string>>::first);
    if (found == services.end()) found = services.insert(services.end(), {service, {}});
    found->second.push_back(model.variant);
  }
  if (services.size() < 2) return;
  for (const auto& [service, variants] : services) {
    out << "service: " << EscapeForTerminal(service) << ": " << EscapeForTerminal(base::Join(variants, ", ")) << "\n";
  }
}

// Three significant digits, and no powers of ten.
std::string Figure(double value) {
  char text[64];
  std::snprintf(text, sizeof text, value >= 1000 ? "%.0f" : "%.3g", value);
  return text;
}

std::string Duration(double seconds) {
  return base::FormatDuration(std::chrono::duration_cast<base::Nanoseconds>(std::chrono::duration<double>(seconds)));
}

void PrintFlags(const std::vector<run::Flag>& flags, std::ostream& out) {
  for (const run::Flag& flag : flags) {
    if (!flag.raised) continue;
    out << "flag: " << EscapeForTerminal(flag.name) << ": "
        << (flag.case_id.empty() ? "" : EscapeForTerminal(flag.case_id) + ": ") << EscapeForTerminal(flag.message)
        << "\n";
  }
}

// What only requests of one block have.
void PrintLoads(const std::vector<run::CaseSummary>& summaries, std::ostream& out) {
  for (const run::CaseSummary& summary : summaries) {
    std::vector<std::string> parts;
    const auto add = [&](const char* metric, const char* words) {
      const auto found = summary.case_metrics.find(metric);
      if (found != summary.case_metrics.end()) parts.push_back(Figure(found->second) + words);
    };
    if (!summary.case_metrics.contains("concurrency_achieved")) continue;
    add("requests_per_s", " requests/s");
    add("output_tokens_per_s", " tokens/s");
    add("concurrency_achieved", " in flight on average");
    const auto latency = summary.request_metrics.find("latency_from_schedule_ms");
    if (latency != summary.request_metrics.end()) {
      parts.push_back("latency from schedule " + Figure(latency->second.median) + " ms (median)");
    }
    out << "load: " << EscapeForTerminal(summary.case_id) << ": " << base::Join(parts, ", ") << "\n";
  }
}

// Each with what it was told from: the word alone says little.
void PrintProbes(const std::vector<run::ProbeFinding>& probes, std::ostream& out) {
  for (const run::ProbeFinding& finding : probes) {
    out << "probe: " << EscapeForTerminal(finding.case_id) << ": " << ToString(finding.result);
    for (const std::string& line : finding.evidence) {
      out << (&line == &finding.evidence.front() ? ": " : "; ") << EscapeForTerminal(line);
    }
    out << "\n";
  }
}

void PrintOverhead(const run::Overhead& overhead, std::ostream& out) {
  if (!overhead.absent.empty()) {
    out << "our own overhead: not measured: " << EscapeForTerminal(overhead.absent) << "\n";
    return;
  }
  std::vector<std::string> parts;
  const auto add = [&](const char* words, const std::optional<double>& p50, const std::optional<double>& p99) {
    if (!p50) return;
    parts.push_back(Figure(*p50) + " us per " + words + " (p50" + (p99 ? "; p99 " + Figure(*p99) + " us)" : ")"));
  };
  add("request", overhead.request_us_p50, overhead.request_us_p99);
  add("event", overhead.event_us_p50, overhead.event_us_p99);
  if (overhead.cpu_us_per_request) {
    parts.push_back(Figure(*overhead.cpu_us_per_request) + " us of CPU per request");
  }
  out << "our own overhead: " << base::Join(parts, ", ") << "; " << overhead.requests << " requests\n";
}

void PrintRounds(const run::Rounds& rounds, std::ostream& out) {
  const auto planned = static_cast<double>(std::max<std::int64_t>(rounds.planned_requests, 1));
  const double saved = 100 * static_cast<double>(rounds.planned_requests - rounds.asked_requests) / planned;
  char text[32];
  std::snprintf(text, sizeof text, "%.0f %%", saved);
  out << "rounds: asked " << rounds.asked_requests << " of " << rounds.planned_requests << " requests, " << text
      << " saved; " << rounds.stops.size() << " cases were settled early\n";
}

void PrintAnchors(const run::Anchors& anchors, base::Nanoseconds took, std::ostream& out) {
  if (!anchors.absent.empty()) {
    out << "anchors: none: " << EscapeForTerminal(anchors.absent) << "\n";
    return;
  }
  std::size_t most = 0;
  for (const run::AnchorCase& one : anchors.cases) {
    for (const auto& [metric, values] : one.metrics) most = std::max(most, values.size());
  }
  out << "anchors: " << anchors.cases.size() << " questions to a model of our own, " << most << " times each, took "
      << base::FormatDuration(took) << "\n";
}

}  // namespace

void PrintSummary(const run::RunInfo& info, const TimesSpent& times, const std::filesystem::path& directory,
                  std::ostream& out) {
  const run::Validity& validity = info.validity;
  const auto failed =
      std::ranges::count_if(info.cases, [](const run::PlannedCase& plan) { return !plan.failure.empty(); });
  for (const run::PlannedCase& plan : info.cases) {
    if (plan.failure.empty()) continue;
    out << "failed: " << EscapeForTerminal(plan.id) << ": " << EscapeForTerminal(plan.failure) << "\n";
  }
  for (const run::Warning& warning : validity.warnings) {
    out << "note: " << EscapeForTerminal(warning.code) << ": "
        << (warning.case_id.empty() ? "" : EscapeForTerminal(warning.case_id) + ": ")
        << EscapeForTerminal(warning.message) << "\n";
  }
  for (const run::ModelInfo& model : info.models) PrintSampling(model, out);
  PrintServices(info.models, out);
  PrintFlags(validity.flags, out);
  PrintLoads(info.summaries, out);
  PrintProbes(info.probes, out);
  char idle[32];
  std::snprintf(idle, sizeof idle, "%.2f %%", validity.idle_share * 100);
  out << info.cases.size() << " cases, " << validity.measured_requests << " measured requests in "
      << base::FormatDuration(times.measuring) << ", " << failed << " cases failed; idle between requests " << idle;
  if (validity.load_pause_s > 0) out << ", pauses around loads " << Duration(validity.load_pause_s);
  out << "\n";
  if (validity.disturbed_requests > 0) {
    out << validity.disturbed_requests
        << " requests were disturbed by the service, sent again and not counted; upkeep took "
        << Duration(validity.upkeep_s) << "\n";
  }
  if (validity.renewals > 0) {
    out << "started anew " << validity.renewals << (validity.renewals == 1 ? " time" : " times")
        << " between the requests: what a start does by chance is in the numbers more than once\n";
  }
  if (info.rounds) PrintRounds(*info.rounds, out);
  if (info.overhead) PrintOverhead(*info.overhead, out);
  if (info.anchors) PrintAnchors(*info.anchors, times.anchors, out);
  if (validity.interrupted) out << "interrupted: the run is not complete\n";
  out << "run: " << directory.string() << "\n";
}

}  // namespace assay::suite
