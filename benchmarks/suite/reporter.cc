// SPDX-License-Identifier: MIT
#include "benchmarks/suite/reporter.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "fixtures/base/result.h"

namespace assay::suite {
namespace {

// What Google Benchmark writes between two entries.
constexpr std::string_view kBetween = ",\n";

}  // namespace

RepetitionReporter::RepetitionReporter(std::vector<Case> cases, std::filesystem::path entries,
                                       benchmark::BenchmarkReporter* forward)
    : cases_(std::move(cases)), entries_(std::move(entries)), forward_(forward) {
  json_.SetOutputStream(&text_);
  json_.SetErrorStream(&errors_);
}

void RepetitionReporter::BeginBatch(std::vector<Slot> order) {
  order_ = std::move(order);
  next_ = 0;
}

bool RepetitionReporter::ReportContext(const Context& context) {
  if (context_) return true;  // of a later batch: the machine is the same, and a table has one head
  context_.emplace(context);
  for (const Case& one : cases_) context_->name_field_width = std::max(context_->name_field_width, one.name.size());
  return forward_ == nullptr || forward_->ReportContext(*context_);
}

void RepetitionReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& reported : runs) {
    ASSAY_CHECK(next_ < order_.size(), "more runs were reported than registered");
    const std::size_t place = next_++;
    if (keep_ && !keep_(place)) continue;
    const Slot& slot = order_[place];
    const Case& one = cases_[slot.case_index];
    Run run = reported;
    // The name is the case's address and nothing else: "/iterations:1/manual_time" would rename every case with a flag.
    run.run_name = benchmark::BenchmarkName();
    run.run_name.function_name = one.name;
    run.family_index = static_cast<std::int64_t>(slot.case_index);
    run.per_family_instance_index = 0;
    run.repetitions = one.repetitions;
    run.repetition_index = slot.repetition;
    Keep(slot, run);
    if (forward_ == nullptr) continue;
    if (fixed_columns_) KeepColumns(run);
    forward_->ReportRuns({run});
  }
}

// Google Benchmark's CSV has the columns of its first run and ends the program over a counter that comes later.
void RepetitionReporter::KeepColumns(Run& run) {
  if (!columns_) {
    columns_.emplace();
    for (const auto& [name, counter] : run.counters) columns_->insert(name);
  }
  for (auto counter = run.counters.begin(); counter != run.counters.end();) {
    counter = columns_->contains(counter->first) ? std::next(counter) : run.counters.erase(counter);
  }
}

void RepetitionReporter::Keep(const Slot& slot, const Run& run) {
  if (!status_.ok()) return;
  text_.str("");
  json_.ReportRuns({run});
  const std::string text = text_.str();
  std::string_view entry = text;
  if (entry.starts_with(kBetween)) entry.remove_prefix(kBetween.size());  // behind the first one
  status_ = entries_.Append(slot, entry);
}

void RepetitionReporter::Close() {
  if (forward_ != nullptr && context_) forward_->Finalize();
}

base::Status RepetitionReporter::Json(const run::TakeText& take) {
  ASSAY_RETURN_IF_ERROR(status_);
  std::ostringstream text;
  benchmark::JSONReporter frame;
  frame.SetOutputStream(&text);
  frame.SetErrorStream(&errors_);
  frame.ReportContext(context_ ? *context_ : Context());
  ASSAY_RETURN_IF_ERROR(take(text.str()));
  bool first = true;
  const base::Status entries = entries_.ForEach([&](std::string_view entry) -> base::Status {
    if (!std::exchange(first, false)) ASSAY_RETURN_IF_ERROR(take(kBetween));
    return take(entry);
  });
  ASSAY_RETURN_IF_ERROR(entries);
  text.str("");
  frame.Finalize();
  return take(text.str());
}

}  // namespace assay::suite
