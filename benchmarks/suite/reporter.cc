// SPDX-License-Identifier: MIT
#include "benchmarks/suite/reporter.h"

#include <algorithm>
#include <sstream>
#include <tuple>

#include "fixtures/base/result.h"

namespace assay::suite {

void RepetitionReporter::BeginGroup(std::vector<Slot> order) {
  order_ = std::move(order);
  next_ = 0;
}

bool RepetitionReporter::ReportContext(const Context& context) {
  if (context_) return true;  // of a later group: the machine is the same, and a table has one head
  context_.emplace(context);
  for (const std::string& name : names_) {
    context_->name_field_width = std::max(context_->name_field_width, name.size());
  }
  return forward_ == nullptr || forward_->ReportContext(*context_);
}

void RepetitionReporter::ReportRuns(const std::vector<Run>& runs) {
  std::vector<Run> shown;
  for (const Run& reported : runs) {
    ASSAY_CHECK(next_ < order_.size(), "more runs were reported than registered");
    const Slot slot = order_[next_++];
    if (keep_ && !keep_(slot)) continue;
    Run run = reported;
    // The name is the case's address and nothing else: "/iterations:1/manual_time" would rename every case with a flag.
    run.run_name = benchmark::BenchmarkName();
    run.run_name.function_name = names_[slot.case_index];
    run.family_index = static_cast<std::int64_t>(slot.case_index);
    run.per_family_instance_index = 0;
    run.repetitions = repetitions_;
    run.repetition_index = slot.repetition;
    shown.push_back(std::move(run));
  }
  if (forward_ != nullptr && !shown.empty()) forward_->ReportRuns(shown);
  runs_.insert(runs_.end(), shown.begin(), shown.end());
}

void RepetitionReporter::Close() {
  if (forward_ != nullptr && context_) forward_->Finalize();
}

std::string RepetitionReporter::Json() {
  std::stable_sort(runs_.begin(), runs_.end(), [](const Run& a, const Run& b) {
    return std::tie(a.family_index, a.repetition_index) < std::tie(b.family_index, b.repetition_index);
  });
  std::ostringstream text;
  std::ostringstream errors;
  benchmark::JSONReporter json;
  json.SetOutputStream(&text);
  json.SetErrorStream(&errors);
  json.ReportContext(context_ ? *context_ : Context());
  if (!runs_.empty()) json.ReportRuns(runs_);
  json.Finalize();
  return text.str();
}

}  // namespace assay::suite
