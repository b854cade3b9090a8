// SPDX-License-Identifier: MIT
#include "benchmarks/suite/pair_run.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "benchmarks/suite/exit_code.h"
#include "benchmarks/suite/machine_watch.h"
#include "benchmarks/suite/measure.h"
#include "benchmarks/suite/pair_measure.h"
#include "benchmarks/suite/pair_options.h"
#include "benchmarks/suite/pair_sides.h"
#include "benchmarks/suite/progress.h"
#include "benchmarks/suite/run_facts.h"
#include "benchmarks/suite/run_lock.h"
#include "benchmarks/suite/second_look.h"
#include "benchmarks/suite/write_run.h"
#include "fixtures/base/text.h"
#include "fixtures/process/interrupt.h"
#include "fixtures/run/pair.h"

namespace assay::suite {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBlocks = 2;
// Where sides take turns by the block, a block is one pair of numbers to the judge.
constexpr std::int64_t kBlocksOneByOne = 6;

const std::string kBasePrefix = "base:";
const std::string kHeadPrefix = "head:";

// How a pair is measured, decided before anything is.
struct Course {
  Fit fit = Fit::kAll;
  session::Renewal renewal = session::Renewal::kNone;
  run::PairInfo info;
};

base::Result<Course> DecideCourse(const Options& options, PairSides& sides) {
  Course course;
  if (options.restarts && *options.restarts > options.repetitions) {
    return base::Error{base::ErrorCode::kUsage,
                       "--restarts=" + std::to_string(*options.restarts) + " is more than the " +
                           std::to_string(options.repetitions) + " repetitions; every block needs one",
                       ""};
  }
  ASSAY_TRY(course.fit, sides.FindFit());
  course.renewal = sides.CanRenew();
  std::int64_t blocks = 1;
  if (course.fit == Fit::kOneByOne) {
    course.info.order = run::PairOrder::kBlocks;
    blocks = options.restarts.value_or(std::min(options.repetitions, kBlocksOneByOne));
    course.info.notes.push_back(
        "memory does not hold a model of the base and its partner in the head at once: they took turns by the block, "
        "base head head base, loaded anew before each; to the judge a block is one pair of numbers");
  } else if (course.renewal != session::Renewal::kNone) {
    blocks = options.restarts.value_or(std::min(options.repetitions, kBlocks));
    if (blocks > 1 && course.renewal == session::Renewal::kLoads) {
      course.info.notes.push_back(
          "a service that this run did not start kept running between the blocks: what a start of it does by chance is "
          "not in these numbers, what loading its models does is");
    }
  } else if (options.restarts.value_or(1) > 1) {
    return base::Error{base::ErrorCode::kUsage,
                       "--restarts=" + std::to_string(*options.restarts) +
                           ": it is not for this run to stop the services of both sides or to unload their models; "
                           "leave --restarts out, or let the run start them (--service=auto or embedded)",
                       ""};
  } else {
    course.info.notes.push_back(
        "nothing was started or loaded anew between requests, for it is not this run's to do: what a start does to a "
        "service by chance looks like a difference of the sides");
  }
  if (course.fit == Fit::kPairByPair) {
    course.info.notes.push_back(
        "memory does not hold all models at once: they were measured one after the other, each beside its partner");
  }
  course.info.blocks = CutIntoBlocks(options.repetitions, blocks);
  course.info.restarted = blocks > 1;
  // Where sides take turns by the block each is loaded before its own, whatever could be restarted.
  if (course.info.restarted) {
    const bool services = course.fit != Fit::kOneByOne && course.renewal == session::Renewal::kRestart;
    course.info.renewal = services ? run::PairRenewal::kServices : run::PairRenewal::kModels;
  }
  course.info.seed = options.seed;
  return course;
}

void NoteScenarios(const Cases& cases, run::PairInfo& info) {
  const bool loaded = std::ranges::any_of(cases, [](const run::PlannedCase& plan) { return plan.scenario.loaded(); });
  if (!loaded) return;
  info.notes.push_back(
      "a case under load was asked as a whole of one side and then of the other, in the first block: its requests are "
      "no pairs");
}

class PairBench {
 public:
  PairBench(const Options& options, const Environment& environment, std::ostream& out, std::ostream& err)
      : options_(options), environment_(environment), out_(out), err_(err), progress_(err, StandardErrorIsTerminal()) {}

  int Run() {
    if (!options_.list_only) {
      if (const base::Status free = FreeForPair(options_.run_directory); !free.ok()) return FailWriting(free.error());
    }
    if (options_.confirm) {
      const std::optional<int> ended = ReadLook();
      if (ended) return *ended;
    }
    base::Result<PairOptions> pair = ReadPairOptions(options_, environment_);
    if (!pair.ok()) return Fail(pair.error());
    pair_ = std::move(pair).value();
    process::InterruptGuard interrupt;
    PairSides sides(pair_, environment_, [this](const std::string& line) {
      if (progress_.Say(line, false)) said_.insert(line);
    });
    sides_ = &sides;
    int code = kEveryCaseRan;
    if (const base::Status opened = sides.Open(); opened.ok()) {
      code = RunWith();
    } else {
      code = Fail(opened.error());
    }
    progress_.Clear();
    Tell(sides.TakeNotes());
    const std::vector<std::string> left = sides.Close();
    Tell(left);
    return code;
  }

 private:
  int Fail(const base::Error& error) {
    progress_.Clear();
    const int code = ServiceExitCode(error, options_.skip_without_service);
    err_ << "assay-bench: " << (code == kSkipped ? "skipped: " : "") << base::EscapeForTerminal(error.Message())
         << "\n";
    return code;
  }
  // Of files and folders, where no service is to blame.
  int FailWriting(const base::Error& error) {
    progress_.Clear();
    err_ << "assay-bench: " << base::EscapeForTerminal(error.Message()) << "\n";
    return error.code == base::ErrorCode::kInternal ? kInternalError : kUsageOrInput;
  }
  void Tell(const std::vector<std::string>& lines) {
    progress_.Clear();
    for (const std::string& line : lines) {
      if (!said_.contains(line)) err_ << "assay-bench: " << base::EscapeForTerminal(line) << "\n";
    }
  }

  // What is to be looked at again; an exit code when that is nothing.
  std::optional<int> ReadLook() {
    base::Result<std::optional<AskedLook>> asked = ReadAskedLook(*options_.confirm);
    if (!asked.ok()) return FailWriting(asked.error());
    if (!*asked) return NothingToConfirm(" asks for no second look");
    if (const base::Status fits = CheckKind(**asked, true, *options_.confirm); !fits.ok()) {
      return FailWriting(fits.error());
    }
    const base::Status status = NotAFirstLook(options_.run_directory / "head", (*asked)->look);
    if (!status.ok()) return FailWriting(status.error());
    if (!options_.repetitions_stated) options_.repetitions = options_.request.repetitions = (*asked)->repetitions;
    look_ = std::move((*asked)->look);
    return std::nullopt;
  }
  int NothingToConfirm(const std::string& why) {
    out_ << "nothing to confirm: " << base::EscapeForTerminal(base::ToUtf8(*options_.confirm)) << why << "\n";
    return kEveryCaseRan;
  }

  int RunWith() {
    std::vector<std::string> notes;
    const base::Status planned = sides_->Plan(notes);
    Tell(sides_->TakeNotes());
    if (!planned.ok()) return Fail(planned.error());
    Tell(notes);
    if (look_) {
      if (const base::Status chosen = sides_->Choose(*look_); !chosen.ok()) return Fail(chosen.error());
      if (base().cases.empty()) return NothingToConfirm(" has no suspect of these models");
    }
    if (options_.list_only) {
      for (std::size_t i = 0; i < base().cases.size(); ++i) {
        const std::string& id = base().cases[i].id;
        out_ << id << (id == head().cases[i].id ? "" : " -> " + head().cases[i].id) << "\n";
      }
      return kEveryCaseRan;
    }
    base::Result<Course> course = DecideCourse(options_, *sides_);
    progress_.Clear();
    Tell(sides_->TakeNotes());
    if (!course.ok()) return Fail(course.error());
    course_ = std::move(course).value();
    FillInfo(options_, base_info_);
    directory_ = RunDirectory(options_, base_info_.provenance);
    return Record();
  }

  // Everything that is written.
  int Record() {
    const base::Result<RunLock> base_lock = RunLock::Take(directory_ / base().name);
    if (!base_lock.ok()) return FailWriting(base_lock.error());
    const base::Result<RunLock> head_lock = RunLock::Take(directory_ / head().name);
    if (!head_lock.ok()) return FailWriting(head_lock.error());
    base::Result<run::RunWriter> base_writer = run::RunWriter::Create(directory_ / base().name);
    if (!base_writer.ok()) return FailWriting(base_writer.error());
    base::Result<run::RunWriter> head_writer = run::RunWriter::Create(directory_ / head().name);
    if (!head_writer.ok()) return FailWriting(head_writer.error());
    base_info_.overhead = OwnOverhead(options_);
    head_info_ = base_info_;

    const base::SteadyClock clock;
    const std::unique_ptr<SnapshotSource> snapshots = SystemSnapshots();
    MachineWatch watch(
        *snapshots, clock, [this](const std::string& variant) { return WorkerOf(variant); }, options_.stated_watts);
    const auto how = [&](const Side& side, const std::string& prefix) {
      MeasureOptions measuring;
      measuring.repetitions = options_.repetitions;
      measuring.seed = options_.seed;
      measuring.warmup = options_.warmup;
      measuring.cancelled = process::InterruptRequested;
      measuring.watch = &watch;
      measuring.watch_prefix = prefix;
      measuring.expected = &side.expected;
      return measuring;
    };
    const MeasureOptions base_how = how(base(), kBasePrefix);
    const MeasureOptions head_how = how(head(), sides_->one_service() ? kBasePrefix : kHeadPrefix);
    Measurement base_measurement(base_how, *base().session, base().cases, *base_writer, progress_, out_);
    Measurement head_measurement(head_how, *head().session, head().cases, *head_writer, progress_, out_);
    PairMeasurement pair(
        {base_measurement, base().cases, base_how.watch_prefix},
        {head_measurement, head().cases, head_how.watch_prefix},
        {options_.repetitions, options_.seed, course_.info.blocks, process::InterruptRequested, &watch});
    if (const base::Status measured = Measure(pair); !measured.ok()) return FailWriting(measured.error());

    Half base_half{base(), base_info_, *base_writer, base_measurement.Finish()};
    Half head_half{head(), head_info_, *head_writer, head_measurement.Finish()};
    return Write(base_half, head_half, watch);
  }

  // An error of a service fails cases; one that comes back is of recording.
  base::Status Measure(PairMeasurement& pair) {
    const std::vector<std::size_t> wanted = sides_->Wanted();
    if (course_.fit == Fit::kAll) return MeasureTogether(pair, wanted);
    for (const std::size_t index : wanted) {
      if (process::InterruptRequested()) return {};
      if (course_.fit == Fit::kOneByOne) {
        ASSAY_RETURN_IF_ERROR(MeasureInTurns(pair, index));
        continue;
      }
      sides_->UnloadAll();
      if (!sides_->Load(index, true, true).ok()) continue;  // its cases say so
      ASSAY_RETURN_IF_ERROR(MeasureTogether(pair, {index}));
    }
    return {};
  }

  base::Status MeasureTogether(PairMeasurement& pair, const std::vector<std::size_t>& models) {
    const std::vector<std::size_t> cases = CasesOf(models);
    for (const std::size_t index : models) {
      PrepareModel(base(), index, true);
      const bool same = sides_->one_service() && base().models[index].variant == head().models[index].variant;
      PrepareModel(head(), index, !same);
    }
    for (std::size_t block = 0; block < course_.info.blocks.size() && !process::InterruptRequested(); ++block) {
      if (block > 0 && !Renew(models, cases)) return {};
      ASSAY_RETURN_IF_ERROR(pair.Interleaved(cases, block));
    }
    return {};
  }

  // False when it did not work out: then nothing of these cases is asked any more.
  bool Renew(const std::vector<std::size_t>& models, const std::vector<std::size_t>& cases) {
    const bool services = course_.info.renewal == run::PairRenewal::kServices;
    progress_.Say(services ? "restarting both services" : "loading the models of both sides anew", false);
    const base::Status renewed = sides_->Renew(models);
    progress_.Clear();
    if (renewed.ok()) return true;
    if (process::InterruptRequested()) return false;
    for (const std::size_t i : cases) {
      for (Side* const side : {&base(), &head()}) {
        if (!Failed(side->cases[i]))
          side->cases[i].failure = (services ? "not restarted: " : "not loaded anew: ") + renewed.error().Message();
      }
    }
    return false;
  }

  // base head head base ...: drift that is the same from block to block falls on both sides alike.
  base::Status MeasureInTurns(PairMeasurement& pair, std::size_t index) {
    const std::vector<std::size_t> cases = CasesOf({index});
    bool prepared[] = {false, false};
    for (std::size_t block = 0; block < course_.info.blocks.size(); ++block) {
      for (const bool second : {false, true}) {
        if (process::InterruptRequested()) return {};
        const bool is_head = second != (block % 2 == 1);
        sides_->UnloadAll();
        if (!sides_->Load(index, !is_head, is_head).ok()) return {};  // its cases say so
        if (!std::exchange(prepared[is_head ? 1 : 0], true)) PrepareModel(is_head ? head() : base(), index, true);
        ASSAY_RETURN_IF_ERROR(pair.OneSide(is_head, cases, block));
      }
    }
    return {};
  }

  void PrepareModel(Side& side, std::size_t index, bool probe) {
    const catalogue::ResolvedModel& model = side.models[index];
    if (options_.probe && probe) Probe(*side.session, model, progress_);
    for (run::PlannedCase& plan : side.cases) {
      if (plan.model == model.variant) Prepare(*side.session, plan, progress_);
    }
  }

  std::vector<std::size_t> CasesOf(const std::vector<std::size_t>& models) {
    std::vector<std::size_t> cases;
    for (std::size_t i = 0; i < base().cases.size(); ++i) {
      const bool wanted = std::ranges::any_of(
          models, [&](std::size_t index) { return base().models[index].variant == base().cases[i].model; });
      if (wanted) cases.push_back(i);
    }
    return cases;
  }

  struct Half {
    Side& side;
    run::RunInfo& info;
    run::RunWriter& writer;
    Measured measured;
  };

  session::Session::Worker WorkerOf(const std::string& prefixed) {
    const bool is_head = prefixed.starts_with(kHeadPrefix);
    const std::string variant = prefixed.substr((is_head ? kHeadPrefix : kBasePrefix).size());
    return (is_head ? head() : base()).session->WorkerOf(variant);
  }

  void Describe(Half& half, const std::vector<run::Warning>& warnings, const run::MachineInfo& machine) {
    half.info.service = half.side.session->info();
    for (const catalogue::ResolvedModel& model : half.side.models) {
      const bool measured = std::ranges::any_of(
          half.side.cases, [&](const run::PlannedCase& plan) { return plan.model == model.variant; });
      if (measured) half.info.models.push_back(half.side.session->Describe(model));
    }
    for (const run::Warning& warning : warnings) {
      const bool known = warning.case_id.empty() ||
                         std::ranges::any_of(half.side.cases,
                                             [&](const run::PlannedCase& plan) { return plan.id == warning.case_id; });
      if (known) half.measured.validity.warnings.push_back(warning);
    }
    half.info.cases = half.side.cases;
    half.info.validity = half.measured.validity;
    half.info.machine = machine;
    half.info.summaries = half.measured.summaries;
    if (look_) half.info.second_look = LookOf(half.side);
  }

  // Its ids are those of the head.
  run::SecondLook LookOf(const Side& side) {
    run::SecondLook look = *look_;
    for (std::vector<std::string>* const ids : {&look.suspects, &look.controls}) {
      for (std::string& id : *ids) {
        const auto found = std::ranges::find(head().cases, id, &run::PlannedCase::id);
        if (found != head().cases.end()) id = side.cases[static_cast<std::size_t>(found - head().cases.begin())].id;
      }
    }
    return look;
  }

  int Write(Half& base_half, Half& head_half, MachineWatch& watch) {
    progress_.Clear();
    const bool interrupted = process::InterruptRequested();
    base_half.measured.validity.interrupted = head_half.measured.validity.interrupted = interrupted;
    const std::int64_t asked =
        base_half.measured.validity.measured_requests + head_half.measured.validity.measured_requests;
    if (interrupted && asked == 0) {
      return Fail({base::ErrorCode::kCancelled, "interrupted before a request was measured; nothing was written",
                   directory_.string()});
    }
    const run::MachineInfo machine = MachineOf(watch);
    const std::vector<run::Warning> of_base = base().session->TakeWarnings();
    Describe(base_half, of_base, machine);
    Describe(head_half, sides_->one_service() ? of_base : head().session->TakeWarnings(), machine);
    // From here on an older pair of this folder is no more: its sides are replaced one after the other.
    std::error_code ignored;
    fs::remove(directory_ / "pair.json", ignored);
    for (Half* const half : {&base_half, &head_half}) {
      out_ << half->side.name << ": " << base::EscapeForTerminal(half->side.asked->stated) << "\n";
      const base::Status written =
          WriteRun(half->side.asked->options, half->writer, half->measured, half->info, out_, err_);
      if (!written.ok()) return FailWriting(written.error());
    }
    run::PairInfo& info = course_.info;
    info.base = {base().asked->stated, base().name};
    info.head = {head().asked->stated, head().name};
    for (std::size_t i = 0; i < base().cases.size(); ++i) {
      info.cases.push_back({base().cases[i].id, head().cases[i].id});
    }
    NoteScenarios(base().cases, info);
    if (const base::Status written = run::WritePair(directory_, info); !written.ok()) {
      return FailWriting(written.error());
    }
    for (const std::string& note : info.notes) out_ << "note: " << base::EscapeForTerminal(note) << "\n";
    if (interrupted) {
      return Fail({base::ErrorCode::kCancelled,
                   "interrupted after " + std::to_string(asked) +
                       " measured requests; both sides were written as far as they came, as interrupted runs",
                   directory_.string()});
    }
    out_ << "pair: " << directory_.string() << "; next: assay compare --run " << directory_.string() << "\n";
    const bool failed = std::ranges::any_of(base().cases, Failed) || std::ranges::any_of(head().cases, Failed);
    return failed && !options_.allow_failed_cases ? kCaseFailed : kEveryCaseRan;
  }

  // One watch looked at both sides: of their services it can tell the memory only where there is one.
  run::MachineInfo MachineOf(MachineWatch& watch) {
    run::MachineInfo machine = watch.Info();
    if (sides_->one_service()) return machine;
    for (run::MachineState* const state : {&machine.before, &machine.after}) {
      state->service_resident_bytes.reset();
      state->service_peak_resident_bytes.reset();
      state->service_processes.reset();
    }
    machine.absent.insert_or_assign("service", "two services were measured in turns: each sample has its own");
    return machine;
  }

  Side& base() { return sides_->base(); }
  Side& head() { return sides_->head(); }

  Options options_;
  const Environment& environment_;
  std::ostream& out_;
  std::ostream& err_;
  Progress progress_;
  std::optional<run::SecondLook> look_;  // of what this is the second look
  PairOptions pair_;
  PairSides* sides_ = nullptr;
  std::set<std::string> said_;  // lines that stay
  Course course_;
  fs::path directory_;
  run::RunInfo base_info_;
  run::RunInfo head_info_;
};

}  // namespace

int RunPair(const Options& options, const Environment& environment, std::ostream& out, std::ostream& err) {
  return PairBench(options, environment, out, err).Run();
}

}  // namespace assay::suite
