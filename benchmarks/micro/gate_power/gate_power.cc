// SPDX-License-Identifier: MIT
// The false-alarm rate and the power of the gate, measured through the code that ships: simulated latencies become run
// files, baselines are accepted, verdicts come out. Beside it the rules other tools decide by. Everything hangs on the
// seed; how many threads work does not matter.
#include <boost/program_options.hpp>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "benchmarks/micro/gate_power/trial.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"

namespace assay::micro {
namespace {

namespace po = boost::program_options;

struct Settings {
  int runs = 400;
  std::size_t cases = 50;
  std::size_t sessions = 5;
  std::size_t restarts = 2;
  std::size_t models = 1;
  std::size_t anchors = 6;
  std::vector<std::size_t> requests = {10, 20};
  std::vector<double> effects = {0, 0.05, 0.10, 0.20};
  std::vector<std::string> noise = {"quiet", "typical", "noisy"};
  std::set<std::string> modes = {"stored", "paired", "uniform"};
  bool peers = true;
  bool shorter_plans = false;
  std::uint64_t seed = 20240607;
  unsigned jobs = 1;
  bool assert_limits = false;
};

using Play = base::Result<TrialResult> (*)(const TrialShape&, double, Slower, std::uint64_t,
                                           const std::filesystem::path&);

// What a rule said over all runs of one cell.
struct Tally {
  int runs = 0;
  int false_alarms = 0;     // runs with one at least
  int false_positives = 0;  // unchanged cases called slower
  int found = 0;            // changed cases called slower
  int changed = 0;
  int any = 0;     // runs with an alarm of any kind, of all cases together too
  int suite = 0;   // runs where all together were called slower
  int untold = 0;  // runs without an alarm, where something that decides cannot be told
  std::int64_t requests = 0;

  void Add(const Said& said, const std::vector<bool>& truth) {
    ++runs;
    int wrong = 0;
    int right = 0;
    for (std::size_t c = 0; c < truth.size(); ++c) {
      changed += truth[c];
      if (!said.slower[c]) continue;
      ++(truth[c] ? right : wrong);
    }
    false_alarms += wrong > 0;
    false_positives += wrong;
    found += right;
    any += wrong + right > 0 || said.suite_slower;
    suite += said.suite_slower;
    untold += said.untold && wrong + right == 0 && !said.suite_slower;
    requests += said.requests;
  }
  double Share(int count) const { return runs == 0 ? 0 : static_cast<double>(count) / runs; }
};
using Cell = std::map<std::string, Tally>;

// The same trial has the same seed whatever else is asked for.
std::uint64_t SeedOf(const Settings& settings, std::string_view noise, std::size_t requests, double effect, bool paired,
                     int run) {
  std::uint64_t hash = settings.seed;
  const auto mix = [&hash](std::uint64_t value) {
    hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33;
  };
  for (const char letter : noise) mix(static_cast<std::uint64_t>(letter));
  mix(requests);
  mix(static_cast<std::uint64_t>(std::lround(effect * 1e6)));
  mix(paired ? 1 : 0);
  mix(static_cast<std::uint64_t>(run));
  return hash;
}

base::Result<Cell> PlayCell(const Settings& settings, const TrialShape& shape, double effect, Slower which,
                            bool paired) {
  ASSAY_TRY(const base::TemporaryDirectory folder, base::TemporaryDirectory::Create("assay-gate-power"));
  Cell cell;
  std::optional<base::Error> problem;
  std::mutex mutex;
  std::atomic<int> next{0};
  const Play play = paired ? &PairedTrial : &StoredTrial;
  const auto work = [&](unsigned worker) {
    for (int run = next++; run < settings.runs; run = next++) {
      const std::uint64_t seed = SeedOf(settings, shape.noise->name, shape.requests, effect, paired, run);
      const base::Result<TrialResult> trial = play(shape, effect, which, seed, folder.path() / std::to_string(worker));
      const std::lock_guard<std::mutex> lock(mutex);
      if (!trial.ok()) {
        problem = trial.error();
        return;
      }
      for (const auto& [rule, said] : trial->said) cell[rule].Add(said, trial->changed);
    }
  };
  std::vector<std::thread> workers;
  for (unsigned worker = 0; worker < settings.jobs; ++worker) workers.emplace_back(work, worker);
  for (std::thread& worker : workers) worker.join();
  if (problem) return *problem;
  return cell;
}

std::string Number(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

void PrintRow(std::ostream& out, const std::string& name, const std::vector<std::string>& columns) {
  out << "| " << name << std::string(name.size() < 36 ? 36 - name.size() : 0, ' ') << " |";
  for (const std::string& column : columns) out << " " << column << " |";
  out << "\n";
}

double RequestsOf(const Tally& tally) { return static_cast<double>(tally.requests) / tally.runs; }
double PowerOf(const Tally& tally) { return tally.changed == 0 ? 0 : static_cast<double>(tally.found) / tally.changed; }

// Requests over those of the fixed plan with its second look, both of unchanged runs.
std::string OfFixedPlan(const Cell& unchanged, const Tally& tally) {
  for (const char* plan : {kGateConfirmed, kGatePairedConfirmed}) {
    const auto fixed = unchanged.find(plan);
    if (fixed != unchanged.end()) return Number("%.0f %%", 100 * RequestsOf(tally) / RequestsOf(fixed->second));
  }
  return "-";
}

// One table: rules by effects. The first effect is 0.
void PrintTable(std::ostream& out, const std::vector<double>& effects, const std::map<double, Cell>& cells) {
  std::vector<std::string> head = {"FA", "FP/run"};
  for (const double effect : effects) {
    if (effect > 0) head.push_back(Number("+%.0f %%", effect * 100));
  }
  head.emplace_back("requests");
  head.emplace_back("of the fixed plan's");
  PrintRow(out, "rule", head);
  PrintRow(out, "---", std::vector<std::string>(head.size(), "---"));
  std::set<std::string> rules;
  for (const auto& [effect, cell] : cells) {
    for (const auto& [rule, tally] : cell) rules.insert(rule);
  }
  for (const std::string& rule : rules) {
    std::vector<std::string> columns = {"-", "-"};
    const auto quiet = cells.find(0);
    std::string requests = "-";
    std::string of_fixed = "-";
    if (quiet != cells.end()) {
      const Tally& tally = quiet->second.at(rule);
      columns = {Number("%.3f", tally.Share(tally.false_alarms)), Number("%.2f", tally.Share(tally.false_positives))};
      requests = Number("%.0f", RequestsOf(tally));
      of_fixed = OfFixedPlan(quiet->second, tally);
    }
    for (const double effect : effects) {
      if (effect <= 0) continue;
      const Tally& tally = cells.at(effect).at(rule);
      columns.push_back(Number("%.3f", PowerOf(tally)));
    }
    columns.push_back(requests);
    columns.push_back(of_fixed);
    PrintRow(out, rule, columns);
  }
}

// What a fixed plan, with its second look, would need to find as much as the rounds do: between two plans that were
// played, on the straight line of requests by power. Says nothing without plans to compare with.
void PrintEqualPower(std::ostream& out, const TrialShape& shape, const std::map<double, Cell>& cells) {
  const auto unchanged = cells.find(0);
  if (ShorterPlans(shape).empty() || unchanged == cells.end()) return;
  std::vector<std::string> plans;
  for (const std::size_t requests : ShorterPlans(shape)) plans.push_back(ShorterPlanName(requests));
  plans.emplace_back(kGateConfirmed);
  for (const auto& [effect, cell] : cells) {
    if (effect <= 0) continue;
    const double wanted = PowerOf(cell.at(kGateRoundsConfirmed));
    const double asked = RequestsOf(unchanged->second.at(kGateRoundsConfirmed));
    out << "\nauto + confirm finds " << Number("%.3f", wanted) << " of " << Number("+%.0f %%", effect * 100) << ": ";
    std::size_t at = 0;
    while (at < plans.size() && PowerOf(cell.at(plans[at])) < wanted) ++at;
    if (at == plans.size()) {
      out << "more than the fixed plan";
      continue;
    }
    double needed = RequestsOf(unchanged->second.at(plans[at]));
    if (at == 0) {
      out << "so does the shortest fixed plan, with at most ";
    } else {
      const double above = PowerOf(cell.at(plans[at]));
      const double below = PowerOf(cell.at(plans[at - 1]));
      const double less = RequestsOf(unchanged->second.at(plans[at - 1]));
      needed = less + (needed - less) * (wanted - below) / (above - below);
      out << "a fixed plan of equal power needs about ";
    }
    out << Number("%.0f", needed) << " requests of an unchanged run, auto " << Number("%.0f", asked) << ", "
        << Number("%.0f %%", 100 * asked / needed);
  }
  out << "\n";
}

void PrintAlarms(std::ostream& out, const std::string& which, const std::map<double, Cell>& cells) {
  std::vector<std::string> head;
  for (const auto& [effect, cell] : cells) {
    head.push_back(which + Number(" +%.0f %%: any alarm", effect * 100));
    head.push_back("of the suite");
    head.push_back("cannot tell");
  }
  PrintRow(out, "rule", head);
  PrintRow(out, "---", std::vector<std::string>(head.size(), "---"));
  for (const auto& [rule, ignored] : cells.begin()->second) {
    std::vector<std::string> columns;
    for (const auto& [effect, cell] : cells) {
      const Tally& tally = cell.at(rule);
      columns.push_back(Number("%.3f", tally.Share(tally.any)));
      columns.push_back(Number("%.3f", tally.Share(tally.suite)));
      columns.push_back(Number("%.3f", tally.Share(tally.untold)));
    }
    PrintRow(out, rule, columns);
  }
}

// Of a short form: what no luck explains. A false-alarm rate of 5 % gives more than this in one of 10,000 tables.
bool WithinLimits(const std::map<double, Cell>& cells, std::ostream& err) {
  bool good = true;
  const auto quiet = cells.find(0);
  if (quiet == cells.end()) return true;
  for (const auto& [rule, tally] : quiet->second) {
    if (rule.rfind("GATE", 0) != 0) continue;
    const double expected = 0.05 * tally.runs;
    const double most = expected + 4 * std::sqrt(expected) + 1;
    if (tally.false_alarms > most) {
      err << "gate_power: " << rule << ": " << tally.false_alarms << " of " << tally.runs
          << " unchanged runs raised a false alarm; wanted at most " << most << "\n";
      good = false;
    }
  }
  for (const auto& [effect, cell] : cells) {
    if (effect < 0.2) continue;
    for (const char* rule : {kGateConfirmed, kGatePairedConfirmed}) {
      const auto found = cell.find(rule);
      if (found == cell.end() || found->second.found * 10 >= found->second.changed * 9) continue;
      err << "gate_power: " << rule << ": found " << found->second.found << " of " << found->second.changed
          << " cases that are 20 % slower; wanted 9 of 10\n";
      good = false;
    }
  }
  return good;
}

int RunAll(const Settings& settings, std::ostream& out, std::ostream& err) {
  bool good = true;
  for (const std::string& name : settings.noise) {
    const auto level = std::find_if(NoiseLevels().begin(), NoiseLevels().end(),
                                    [&](const NoiseLevel& one) { return one.name == name; });
    for (const std::size_t requests : settings.requests) {
      TrialShape shape;
      shape.noise = &*level;
      shape.cases = settings.cases;
      shape.requests = requests;
      shape.sessions = settings.sessions;
      shape.restarts = settings.restarts;
      shape.anchors = settings.anchors;
      shape.peers = settings.peers;
      shape.shorter_plans = settings.shorter_plans;
      for (const bool paired : {false, true}) {
        shape.models = paired ? 1 : settings.models;
        const std::string mode = paired ? "paired" : "stored";
        std::map<double, Cell> cells;
        const auto play = [&](double effect, Slower which) -> base::Status {
          ASSAY_TRY(cells[effect], PlayCell(settings, shape, effect, which, paired));
          return {};
        };
        const auto title = [&](const std::string& what) {
          out << "\n"
              << mode << ", " << name << ", n = " << requests << what << ", " << settings.cases << " cases, "
              << settings.runs << " runs\n\n";
        };
        base::Status status;
        if (settings.modes.contains(mode)) {
          for (const double effect : settings.effects) {
            if (status.ok()) status = play(effect, Slower::kSome);
          }
          if (status.ok()) {
            title("");
            PrintTable(out, settings.effects, cells);
            if (!paired) PrintEqualPower(out, shape, cells);
            good = WithinLimits(cells, err) && good;
          }
        }
        if (status.ok() && settings.modes.contains("uniform")) {
          cells.clear();
          shape.peers = false;
          shape.shorter_plans = false;
          for (const double effect : {0.0, 0.05, 0.10}) {
            if (status.ok()) status = play(effect, Slower::kAll);
          }
          shape.peers = settings.peers;
          shape.shorter_plans = settings.shorter_plans;
          if (status.ok()) {
            title(", all cases slower alike");
            PrintAlarms(out, "all cases", cells);
          }
        }
        if (status.ok() && !paired && settings.modes.contains("half")) {
          cells.clear();
          shape.peers = false;
          shape.models = std::max<std::size_t>(2, settings.models);
          for (const double effect : {0.0, 0.10, 0.30}) {
            if (status.ok()) status = play(effect, Slower::kOneModel);
          }
          shape.peers = settings.peers;
          if (status.ok()) {
            title(", all cases of one of " + std::to_string(shape.models) + " models slower");
            PrintAlarms(out, "its cases", cells);
          }
          shape.models = settings.models;
        }
        out.flush();
        if (!status.ok()) {
          err << "gate_power: " << base::EscapeForTerminal(status.error().Message()) << "\n";
          return 4;
        }
      }
    }
  }
  return good || !settings.assert_limits ? 0 : 1;
}

template <typename T>
std::vector<T> Listed(const std::string& text) {
  std::vector<T> values;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) {
    std::istringstream one(word);
    T value{};
    if (!(one >> value) || !one.eof()) throw po::error("cannot read '" + word + "' in '" + text + "'");
    values.push_back(value);
  }
  return values;
}

int Main(int argc, char** argv) {
  Settings settings;
  std::string requests = "10,20";
  std::string effects = "0,5,10,20";
  std::string noise = "quiet,typical,noisy";
  std::string modes = "stored,paired,uniform";
  po::options_description known(
      "Usage: gate_power [options]\n\n"
      "Measures the false-alarm rate (FA: part of unchanged runs with any case called slower; "
      "FP: such cases per run)\nand the power (part of the slower cases that are found) of the "
      "gate on simulated runs, through run files,\naccepted baselines and verdicts. Options");
  known.add_options()("help", "this text")("runs", po::value(&settings.runs), "simulated runs per cell, default 400")(
      "cases", po::value(&settings.cases), "cases of a suite, default 50")("sessions", po::value(&settings.sessions),
                                                                           "accepted sessions, default 5")(
      "restarts", po::value(&settings.restarts), "of both sides of a pair, default 2")(
      "requests", po::value(&requests), "per case, a list; default 10,20")(
      "effects", po::value(&effects), "in percent, a list; 0 is an unchanged run; default 0,5,10,20")(
      "noise", po::value(&noise), "quiet, typical, noisy (the study's), mixed, bursts, uneven, apart; a list")(
      "modes", po::value(&modes), "stored, paired, uniform (all cases slower alike), half (all of one model); a list")(
      "models", po::value(&settings.models), "that the cases of stored runs take turns at, default 1; 2 for half")(
      "anchors", po::value(&settings.anchors), "of stored runs, default 6; 0 is none")("no-peers", "only our own gate")(
      "shorter-plans", "fixed plans with fewer requests too, and which of them finds as much as --repetitions=auto")(
      "seed", po::value(&settings.seed), "default 20240607")("jobs", po::value(&settings.jobs),
                                                             "threads, default 1; the numbers are the same")(
      "assert", "end with 1 when a figure is further off its target than chance allows");
  try {
    po::variables_map values;
    po::store(po::command_line_parser(argc, argv).options(known).positional({}).run(), values);
    po::notify(values);
    if (values.count("help") != 0) {
      std::cout << known << "\n";
      return 0;
    }
    settings.requests = Listed<std::size_t>(requests);
    settings.effects = Listed<double>(effects);
    for (double& effect : settings.effects) effect /= 100;
    settings.noise = Listed<std::string>(noise);
    const std::vector<std::string> wanted = Listed<std::string>(modes);
    settings.modes = {wanted.begin(), wanted.end()};
    settings.peers = values.count("no-peers") == 0;
    settings.shorter_plans = values.count("shorter-plans") != 0;
    settings.assert_limits = values.count("assert") != 0;
    for (const std::string& name : settings.noise) {
      const auto is = [&](const NoiseLevel& level) { return level.name == name; };
      if (std::none_of(NoiseLevels().begin(), NoiseLevels().end(), is))
        throw po::error("there is no noise '" + name + "'");
    }
    for (const std::string& mode : settings.modes) {
      if (mode != "stored" && mode != "paired" && mode != "uniform" && mode != "half")
        throw po::error("there is no mode '" + mode + "'");
    }
    if (settings.runs < 1 || settings.jobs < 1 || settings.cases < 1 || settings.models < 1 ||
        settings.requests.empty()) {
      throw po::error("runs, jobs, cases, models and requests should be at least 1");
    }
  } catch (const po::error& error) {
    std::cerr << "gate_power: " << error.what() << "; see gate_power --help\n";
    return 2;
  }
  return RunAll(settings, std::cout, std::cerr);
}

}  // namespace
}  // namespace assay::micro

int main(int argc, char** argv) { return assay::micro::Main(argc, argv); }
