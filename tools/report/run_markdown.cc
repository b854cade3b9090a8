// SPDX-License-Identifier: MIT
#include "tools/report/run_markdown.h"

#include <ostream>
#include <string>

#include "fixtures/base/text.h"
#include "tools/report/numbers.h"
#include "tools/report/run_summary.h"

namespace assay::report {
namespace {

using base::EscapeForMarkdown;

constexpr double kLargestGoodIdleShare = 0.02;

std::string Median(const run::RunCase& one, std::string_view metric) {
  const auto spread = SpreadOf(compare::MetricValues(one, *run::FindMetric(metric)));
  return spread ? Short(spread->median) : "-";
}

// "12", or "12-14" when repetitions differ.
std::string Tokens(const run::RunCase& one, std::string_view metric) {
  const auto spread = SpreadOf(compare::MetricValues(one, *run::FindMetric(metric)));
  if (!spread) return "-";
  const std::string low = Fixed(spread->min, 0);
  return spread->min == spread->max ? low : low + "-" + Fixed(spread->max, 0);
}

void WriteHead(const run::Run& run, std::ostream& out) {
  const run::Environment& environment = run.info.environment;
  const run::ServiceInfo& service = run.info.service;
  const run::Provenance& provenance = run.info.provenance;
  const run::Validity& validity = run.info.validity;
  out << "- run: " << EscapeForMarkdown(run.directory.string()) << ", started "
      << EscapeForMarkdown(provenance.started_at) << ", Assay " << EscapeForMarkdown(provenance.assay_version) << " ("
      << EscapeForMarkdown(provenance.build_type) << "), seed " << provenance.seed << ", " << provenance.repetitions
      << " repetitions\n";
  out << "- environment: "
      << EscapeForMarkdown(environment.os + " " + environment.os_version + ", " + environment.arch + ", " +
                           environment.cpu + ", " + std::to_string(environment.cores) + " cores" +
                           (environment.gpu ? ", " + *environment.gpu : std::string()) +
                           (environment.power_source ? ", power: " + *environment.power_source : std::string()))
      << " (key " << EscapeForMarkdown(environment.Key()) << ")\n";
  out << "- service: "
      << EscapeForMarkdown(service.kind + " " + service.generation +
                           (service.version ? " " + *service.version : std::string()) + " at " + service.endpoint)
      << "\n";
  out << "- requests: " << validity.measured_requests << " measured, " << validity.failed_requests << " failed"
      << (validity.disturbed_requests > 0
              ? ", " + std::to_string(validity.disturbed_requests) + " disturbed (sent again, not counted)"
              : "")
      << "; idle share " << Percent(validity.idle_share)
      << (validity.idle_share > kLargestGoodIdleShare ? " (above 2 %: the client waited too long between requests)"
                                                      : "")
      << "\n";
  if (validity.interrupted) out << "- **interrupted**: the run was not measured to its end\n";
}

std::string OrDash(const std::optional<std::string>& text) { return text ? EscapeForMarkdown(*text) : "-"; }

// Which models answered, and whether their answers can be relied on. The service is named where it is not the run's.
void WriteModels(const compare::RunSet& runs, std::ostream& out) {
  std::string rows;
  std::string evidence;
  for (const run::Run& run : runs.runs()) {
    for (const run::ModelInfo& model : run.info.models) {
      const bool own = model.endpoint != run.info.service.endpoint;
      rows += "| " + EscapeForMarkdown(model.variant) + " | " + EscapeForMarkdown(model.alias) + " | " +
              OrDash(model.device) + " | " + OrDash(model.execution_provider) + " | " +
              (model.size_mib ? std::to_string(*model.size_mib) : "-") + " | " + OrDash(model.license) + " | " +
              EscapeForMarkdown(own ? model.generation + " at " + model.endpoint : model.generation) + " | " +
              OrDash(model.sampling) + " |\n";
      if (!model.sampling || *model.sampling == "deterministic") continue;
      for (const std::string& line : model.findings) {
        evidence += "- " + EscapeForMarkdown(model.variant) + ": " + EscapeForMarkdown(line) + "\n";
      }
    }
  }
  if (rows.empty()) return;
  out << "\n| variant | asked for as | device | execution provider | MiB | licence | service | sampling |\n"
         "|---|---|---|---|---:|---|---|---|\n"
      << rows;
  if (!evidence.empty()) out << "\nSampling:\n\n" << evidence;
}

void WriteRow(const compare::RunSet::Entry& entry, const compare::CaseFacts& facts, std::ostream& out) {
  const run::RunCase& one = *entry.one;
  const auto e2e = SpreadOf(compare::MetricValues(one, *run::FindMetric("e2e_ms")));
  out << "| " << EscapeForMarkdown(one.plan.model) << " | " << EscapeForMarkdown(one.plan.prompt) << " | "
      << facts.counting << " | "
      << EscapeForMarkdown(e2e ? Short(e2e->median) + " [" + Short(e2e->min) + " " + Short(e2e->max) + "]"
                               : std::string("-"))
      << " | " << Median(one, "ttft_ms") << " | " << Median(one, "tpot_ms") << " | "
      << Median(one, "decode_tokens_per_s") << " | " << Tokens(one, "prompt_tokens") << " + "
      << Tokens(one, "completion_tokens") << " | " << EscapeForMarkdown(OutcomeWord(entry, facts)) << " |\n";
}

}  // namespace

void WriteRunMarkdown(const compare::RunSet& runs, std::ostream& out) {
  out << "### Assay run\n\n";
  for (const run::Run& run : runs.runs()) WriteHead(run, out);
  WriteModels(runs, out);
  out << "\n| variant | prompt | n | e2e ms [min max] | TTFT ms | TPOT ms | tok/s | tokens in + "
         "out | outcome |\n"
         "|---|---|---:|---:|---:|---:|---:|---:|---|\n";
  std::string problems;
  for (const compare::RunSet::Entry& entry : runs.cases()) {
    const compare::CaseFacts facts = compare::FactsOf(*entry.one, *entry.run);
    WriteRow(entry, facts, out);
    const std::string& why = entry.one->plan.failure.empty() ? facts.last_error : entry.one->plan.failure;
    if (facts.failed > 0 || !entry.one->plan.failure.empty()) {
      problems += "- " + EscapeForMarkdown(entry.one->plan.id) + ": " + std::to_string(facts.failed) + " failed" +
                  (facts.Outcomes().empty() ? "" : " (" + EscapeForMarkdown(facts.Outcomes()) + ")") + ": " +
                  EscapeForMarkdown(why) + "\n";
    }
  }
  out << "\nMedians over the n requests that count; tok/s is the decode rate, without the time to "
         "the first token.\n";
  if (!problems.empty()) out << "\nFailures:\n\n" << problems;
  std::string warnings;
  for (const run::Run& run : runs.runs()) {
    for (const run::Warning& warning : run.info.validity.warnings) {
      warnings += "- \\[" + EscapeForMarkdown(warning.code) + "\\] " +
                  (warning.case_id.empty() ? "" : EscapeForMarkdown(warning.case_id) + ": ") +
                  EscapeForMarkdown(warning.message) + "\n";
    }
  }
  if (!warnings.empty()) out << "\nWarnings:\n\n" << warnings;
}

}  // namespace assay::report
