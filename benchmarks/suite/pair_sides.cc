// SPDX-License-Identifier: MIT
#include "benchmarks/suite/pair_sides.h"

#include <algorithm>
#include <set>
#include <utility>

#include "benchmarks/suite/inputs.h"
#include "benchmarks/suite/resolve.h"
#include "benchmarks/suite/second_look.h"
#include "fixtures/base/text.h"
#include "fixtures/process/interrupt.h"

namespace assay::suite {
namespace {

base::Error Usage(std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; }

base::Status Named(const Side& side, base::Error error) {
  return base::WithContext(std::move(error),
                           "the " + side.name + " '" + base::EscapeForTerminal(side.asked->stated) + "'");
}

// Fields of a side beat those of its models.
void AddFields(const run::JsonObject& fields, catalogue::ResolvedModel& model) {
  if (fields.empty()) return;
  run::JsonObject request = model.request.as_object() != nullptr ? *model.request.as_object() : run::JsonObject();
  for (const auto& [key, value] : fields) request.insert_or_assign(key, value);
  model.request = std::move(request);
}

bool HasCase(const Side& side, const std::string& variant) {
  return std::ranges::any_of(
      side.cases, [&](const run::PlannedCase& plan) { return plan.model == variant && plan.failure.empty(); });
}

}  // namespace

PairSides::PairSides(const PairOptions& options, const Environment& environment,
                     std::function<void(const std::string& line)> say)
    : options_(options), environment_(environment), say_(std::move(say)) {
  base_.name = "base";
  base_.asked = &options.base;
  head_.name = "head";
  head_.asked = &options.head;
}

base::Status PairSides::Open() {
  const auto open = [&](Side& side, std::unique_ptr<session::Session>& session) -> base::Status {
    const base::Result<AskedModels> models = ReadModels(side.asked->options);
    if (!models.ok())
      return Named(side, base::Error{base::ErrorCode::kUsage, models.error().what, models.error().where});
    session::SessionOptions opening = MakeSessionOptions(side.asked->options, environment_, *models);
    opening.say = [this, name = side.name, both = options_.one_service](const std::string& line) {
      say_(both ? line : name + ": " + line);
    };
    base::Result<std::unique_ptr<session::Session>> opened = session::Session::Open(std::move(opening));
    if (!opened.ok()) return Named(side, opened.error());
    session = std::move(opened).value();
    side.session = session.get();
    return {};
  };
  ASSAY_RETURN_IF_ERROR(open(base_, base_session_));
  if (!options_.one_service) return open(head_, head_session_);
  head_.session = base_.session;
  return {};
}

base::Status PairSides::Plan(std::vector<std::string>& notes) {
  for (Side* const side : {&base_, &head_}) ASSAY_RETURN_IF_ERROR(PlanSide(*side, notes));
  ASSAY_RETURN_IF_ERROR(PairUp());
  return LeaveOutProbes(notes);
}

// What a probe finds out holds for one service: it has no partner to be held against.
base::Status PairSides::LeaveOutProbes(std::vector<std::string>& notes) {
  const auto is_probe = [](const run::PlannedCase& plan) { return plan.scenario.probe.has_value(); };
  const auto probes = std::ranges::count_if(base_.cases, is_probe);
  if (probes == 0) return {};
  if (probes == std::ssize(base_.cases)) {
    return Usage("every case is a probe, and a pair asks none; measure each side in a run of its own");
  }
  Keep([&](std::size_t i) { return !is_probe(base_.cases[i]) && !is_probe(head_.cases[i]); });
  notes.push_back(std::to_string(probes) + " cases are probes, which a pair does not ask: left out");
  return {};
}

base::Status PairSides::PlanSide(Side& side, std::vector<std::string>& notes) {
  const Options& options = side.asked->options;
  const auto bad_input = [](const base::Error& error) {
    return base::Error{base::ErrorCode::kUsage, error.what, error.where};
  };
  const base::Result<AskedModels> models = ReadModels(options);
  if (!models.ok()) return Named(side, bad_input(models.error()));
  const base::Result<std::vector<catalogue::Prompt>> prompts = ReadPrompts(options);
  if (!prompts.ok()) return bad_input(prompts.error());
  base::Result<ExpectedAnswers> expected = ReadExpected(options, *prompts);
  if (!expected.ok()) return bad_input(expected.error());
  side.expected = *std::move(expected);
  base::Result<Pinned> pinned = ResolveModels(options, *side.session, *models);
  if (!pinned.ok()) return Named(side, pinned.error());
  for (const std::string& note : pinned->notes) notes.push_back(side.name + ": " + note);
  side.models = std::move(pinned->models);
  for (catalogue::ResolvedModel& model : side.models) AddFields(side.asked->fields, model);
  if (!options.list_only) ASSAY_RETURN_IF_ERROR(Cache(side));
  base::Result<Cases> cases = catalogue::BuildCases(side.models, *prompts, options.request);
  if (!cases.ok()) return Named(side, cases.error());
  side.cases = std::move(cases).value();
  return {};
}

// Without its partner a model says nothing: one that is missing ends the run before anything is measured.
base::Status PairSides::Cache(Side& side) {
  std::vector<catalogue::ResolvedModel> missing;
  for (const catalogue::ResolvedModel& model : side.models) {
    if (model.cached == false) missing.push_back(model);
  }
  if (missing.empty()) return {};
  if (!side.asked->options.download) {
    return Named(side, {base::ErrorCode::kUnavailable,
                        NotCached(missing.front().variant, "is not in the service's cache"), missing.front().endpoint});
  }
  session::DownloadOptions download;
  download.warn_below_bytes = side.asked->options.min_free_disk_bytes;
  const base::Status status = side.session->Download(missing, download);
  if (process::InterruptRequested()) {
    return base::Error{base::ErrorCode::kCancelled, "interrupted while downloading models", ""};
  }
  return status.ok() ? status : Named(side, status.error());
}

// Case beside case, as the filter leaves them; a filter speaks of the ids of either side.
base::Status PairSides::PairUp() {
  if (base_.models.size() != head_.models.size() || base_.cases.size() != head_.cases.size()) {
    return Usage("the sides cannot be paired: the base has " + std::to_string(base_.models.size()) + " models with " +
                 std::to_string(base_.cases.size()) + " cases and the head " + std::to_string(head_.models.size()) +
                 " with " + std::to_string(head_.cases.size()) +
                 "; let each side name as many models as the other, e.g. with model= or --models");
  }
  const std::string& filter = base_.asked->options.filter;
  std::set<std::string> chosen;
  base::Result<Cases> of_base = FilterCases(base_.cases, filter);
  base::Result<Cases> of_head = FilterCases(head_.cases, filter);
  if (!of_base.ok() && !of_head.ok()) return of_base.error();
  for (const base::Result<Cases>* found : {&of_base, &of_head}) {
    if (!found->ok()) continue;
    for (const run::PlannedCase& plan : **found) chosen.insert(plan.id);
  }
  Keep([&](std::size_t i) { return chosen.contains(base_.cases[i].id) || chosen.contains(head_.cases[i].id); });
  return {};
}

void PairSides::Keep(const std::function<bool(std::size_t)>& wanted) {
  Cases base;
  Cases head;
  for (std::size_t i = 0; i < base_.cases.size(); ++i) {
    if (!wanted(i)) continue;
    base.push_back(base_.cases[i]);
    head.push_back(head_.cases[i]);
  }
  base_.cases = std::move(base);
  head_.cases = std::move(head);
}

base::Status PairSides::Choose(run::SecondLook& look) {
  ASSAY_TRY(const Cases chosen, CasesOfLook(head_.cases, head_.models, look));
  std::set<std::string> ids;
  for (const run::PlannedCase& plan : chosen) ids.insert(plan.id);
  Keep([&](std::size_t i) { return ids.contains(head_.cases[i].id); });
  return {};
}

std::vector<std::size_t> PairSides::Wanted() const {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < base_.models.size(); ++i) {
    if (HasCase(base_, base_.models[i].variant) && HasCase(head_, head_.models[i].variant)) wanted.push_back(i);
  }
  return wanted;
}

void PairSides::FailModel(std::size_t index, const std::string& why) {
  last_failure_ = why;
  FailCases(base_.cases, base_.models[index].variant, why);
  FailCases(head_.cases, head_.models[index].variant, why);
}

session::Loaded PairSides::LoadModel(Side& side, std::size_t index) {
  session::Loaded loaded = side.session->Load(side.models[index]);
  // The models of the other session are in the way as well.
  if (loaded.outcome == session::LoadOutcome::kFailed && loaded.out_of_memory && loaded_any_) {
    loaded.outcome = session::LoadOutcome::kDoesNotFit;
  }
  if (loaded.outcome == session::LoadOutcome::kLoaded) loaded_any_ = true;
  return loaded;
}

base::Result<Fit> PairSides::FindFit() {
  const auto cancelled = [] {
    return base::Error{base::ErrorCode::kCancelled, "interrupted while loading models", ""};
  };
  // Whether those models of both sides are in memory together.
  const auto together = [&](const std::vector<std::size_t>& indices) {
    for (const std::size_t index : indices) {
      for (Side* const side : {&base_, &head_}) {
        const session::Loaded loaded = LoadModel(*side, index);
        if (process::InterruptRequested() || loaded.outcome == session::LoadOutcome::kDoesNotFit) return false;
        if (loaded.outcome == session::LoadOutcome::kLoaded) continue;
        FailModel(index, NotLoaded(side->models[index].variant, loaded.why));
        break;
      }
    }
    return true;
  };
  Fit fit = Fit::kAll;
  if (!together(Wanted())) {
    fit = Fit::kPairByPair;
    for (const std::size_t index : Wanted()) {
      if (process::InterruptRequested()) return cancelled();
      UnloadAll();
      if (!together({index})) {
        fit = Fit::kOneByOne;
        break;
      }
    }
    UnloadAll();
  }
  if (process::InterruptRequested()) return cancelled();
  if (Wanted().empty())
    return base::Error{base::ErrorCode::kUnavailable, last_failure_, base_.session->info().endpoint};
  return fit;
}

base::Status PairSides::Load(std::size_t index, bool base, bool head) {
  for (Side* const side : {&base_, &head_}) {
    if (!(side == &base_ ? base : head)) continue;
    const session::Loaded loaded = LoadModel(*side, index);
    if (loaded.outcome == session::LoadOutcome::kLoaded) continue;
    const std::string why = NotLoaded(side->models[index].variant, loaded.why);
    FailModel(index, why);
    return base::Error{base::ErrorCode::kUnavailable, why, side->models[index].endpoint};
  }
  return {};
}

std::vector<session::Session*> PairSides::Sessions() const {
  std::vector<session::Session*> sessions;
  for (session::Session* const one : {base_session_.get(), head_session_.get()}) {
    if (one != nullptr) sessions.push_back(one);
  }
  return sessions;
}

void PairSides::UnloadAll() {
  for (session::Session* const one : Sessions()) {
    for (const std::string& line : one->UnloadOurs()) say_(line);
  }
  loaded_any_ = false;
}

session::Renewal PairSides::CanRenew() const {
  const session::Renewal base = base_.session->CanRenew(base_.models);
  const session::Renewal head = head_.session->CanRenew(head_.models);
  return std::min(base, head);
}

base::Status PairSides::Renew(const std::vector<std::size_t>& indices) {
  std::vector<catalogue::ResolvedModel> base;
  std::vector<catalogue::ResolvedModel> head;
  for (const std::size_t index : indices) {
    base.push_back(base_.models[index]);
    const bool same = options_.one_service && head_.models[index].variant == base_.models[index].variant;
    if (!same) (options_.one_service ? base : head).push_back(head_.models[index]);
  }
  ASSAY_RETURN_IF_ERROR(base_.session->Renew(base));
  return options_.one_service ? base::Status() : head_.session->Renew(head);
}

std::vector<std::string> PairSides::TakeNotes() {
  std::vector<std::string> fresh;
  const std::vector<session::Session*> sessions = {base_session_.get(), head_session_.get()};
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    if (sessions[i] == nullptr) continue;
    const std::vector<std::string>& notes = sessions[i]->notes();
    for (; notes_told_[i] < notes.size(); ++notes_told_[i]) {
      const std::string& note = notes[notes_told_[i]];
      fresh.push_back(options_.one_service ? note : (i == 0 ? "base: " : "head: ") + note);
    }
  }
  return fresh;
}

std::vector<std::string> PairSides::Close() {
  std::vector<std::string> left;
  for (session::Session* const one : Sessions()) {
    for (std::string& line : one->Close()) left.push_back(std::move(line));
  }
  return left;
}

}  // namespace assay::suite
