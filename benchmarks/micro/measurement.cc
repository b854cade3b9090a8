// SPDX-License-Identifier: MIT
#include "benchmarks/micro/measurement.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <utility>

#include "benchmarks/micro/cpu_time.h"
#include "benchmarks/micro/floor_client.h"
#include "benchmarks/micro/own_client.h"
#include "benchmarks/micro/stamp_errors.h"
#include "fixtures/base/quantile.h"
#include "fixtures/base/units.h"
#include "fixtures/overhead/embedded_child.h"

namespace assay::micro {
namespace {

using std::chrono::steady_clock;

// The fastest model: its tokens are made ahead, so that the pace is the scenario's and not the model's.
constexpr const char* kModel = "ember-mini-int8-cpu:1";

// One kind of stream: what the service is told, and how much of it a round asks for.
struct Pace {
  double ttft_ms;
  double token_ms;
  std::int64_t max_tokens;
  std::size_t streams;   // at once
  std::int64_t turns;    // of both clients per round
  std::size_t requests;  // per stream, client and turn, one after the other
};

run::Json RequestFor(const Pace& pace) {
  return run::JsonObject{
      {"max_tokens", pace.max_tokens},
      {"messages", run::JsonArray{run::JsonObject{{"content", "Hi"}, {"role", "user"}}}},  // answered at length
      {"seed", 7},
      {"stream", true},
      {"stream_options", run::JsonObject{{"include_usage", true}}},
      {"temperature", 0}};
}

// What one client has collected over the rounds.
struct Collected {
  std::vector<NotedAnswer> answers;
  base::Nanoseconds cpu{0};  // while it asked and recorded

  std::size_t events() const {
    std::size_t count = 0;
    for (const NotedAnswer& answer : answers) count += answer.events_ns.size();
    return count;
  }
  double cpu_us_per_event() const { return static_cast<double>(cpu.count()) / 1e3 / static_cast<double>(events()); }
};

base::Status AskFloor(FloorClient& client, const Pace& pace, const std::string& url, const std::string& body,
                      Collected& collected) {
  std::vector<FloorAnswer> answers;
  const base::Nanoseconds before = ProcessCpuTime();
  for (std::size_t i = 0; i < pace.requests; ++i) {
    std::vector<FloorAnswer> fresh = client.Post(url + "/v1/chat/completions", body, pace.streams);
    std::ranges::move(fresh, std::back_inserter(answers));
  }
  collected.cpu += ProcessCpuTime() - before;
  for (const FloorAnswer& answer : answers) {
    if (answer.status != 200) {
      return base::Error{base::ErrorCode::kContent,
                         "the floor client got no answer (HTTP " + std::to_string(answer.status) + ")", url};
    }
    NotedAnswer noted{IdOf(answer.body), base::SteadyNanoseconds(answer.start), {}};
    for (const auto& event : answer.events) noted.events_ns.push_back(base::SteadyNanoseconds(event.first));
    collected.answers.push_back(std::move(noted));
  }
  return {};
}

base::Status AskOurs(OwnClient& client, const Pace& pace, const run::Json& request, Collected& collected) {
  std::vector<run::Sample> samples;
  const base::Nanoseconds before = ProcessCpuTime();
  for (std::size_t i = 0; i < pace.requests; ++i) {
    if (pace.streams == 1) {
      ASSAY_TRY(run::Sample sample, client.Ask(kModel, request));
      samples.push_back(std::move(sample));
    } else {
      ASSAY_TRY(std::vector<run::Sample> fresh, client.AskMany(kModel, request, pace.streams));
      std::ranges::move(fresh, std::back_inserter(samples));
    }
  }
  collected.cpu += ProcessCpuTime() - before;
  for (const run::Sample& sample : samples) collected.answers.push_back(NotedFrom(sample));
  return {};
}

struct Both {
  Collected floor, ours;
  StampErrors floor_errors, our_errors;
};

base::Result<Both> MeasureStreams(const Plan& plan, const Pace& pace) {
  char scenario[80];
  std::snprintf(scenario, sizeof scenario, "ttft_ms=%g,token_ms=%g", pace.ttft_ms, pace.token_ms);
  ASSAY_TRY(overhead::EmbeddedChild service, overhead::EmbeddedChild::Start(plan.service, kModel, scenario));
  const run::Json request = RequestFor(pace);
  run::Json with_model = request;
  (*with_model.as_object())["model"] = kModel;
  const std::string body = run::WriteJson(with_model, run::JsonStyle::kCompact);

  Both both;
  auto floor = std::make_unique<FloorClient>();
  ASSAY_TRY(OwnClient ours, OwnClient::Create(service.url(), service.directory() / "run"));
  Pace once = pace;
  once.requests = 1;
  for (std::int64_t turn = 0; turn < plan.rounds * pace.turns; ++turn) {
    // A connection has a thread of the service to it, and which core that one runs on mostly stays as the system has
    // chosen. One stream would measure that choice: it gets another one every turn. Connecting is not measured.
    const bool connect = turn == 0 || pace.streams == 1;
    if (connect && turn > 0) {
      floor = std::make_unique<FloorClient>();
      ASSAY_TRY(ours, OwnClient::Create(service.url(), service.directory() / "run"));
    }
    for (const bool is_floor : {turn % 2 == 0, turn % 2 != 0}) {
      Collected warmup;
      if (is_floor) {
        if (connect) ASSAY_RETURN_IF_ERROR(AskFloor(*floor, once, service.url(), body, warmup));
        ASSAY_RETURN_IF_ERROR(AskFloor(*floor, pace, service.url(), body, both.floor));
      } else {
        if (connect) ASSAY_RETURN_IF_ERROR(AskOurs(ours, once, request, warmup));
        ASSAY_RETURN_IF_ERROR(AskOurs(ours, pace, request, both.ours));
      }
    }
  }
  ASSAY_TRY(const std::string text, service.Stop());
  ASSAY_TRY(const overhead::ServiceLog log, overhead::ParseServiceLog(text));
  both.floor_errors = Pair(both.floor.answers, log);
  both.our_errors = Pair(both.ours.answers, log);
  if (both.floor_errors.unpaired + both.our_errors.unpaired > 0) {
    return base::Error{base::ErrorCode::kContent,
                       std::to_string(both.floor_errors.unpaired) + " answers of the floor client and " +
                           std::to_string(both.our_errors.unpaired) +
                           " of ours are not in the service's log as they were seen",
                       service.url()};
  }
  return both;
}

Figure ErrorFigure(std::string what, double p, const std::vector<double>& floor, const std::vector<double>& ours,
                   std::optional<double> limit) {
  char percent[16];
  std::snprintf(percent, sizeof percent, " p%g", p * 100);
  return {std::move(what) + percent,          "us",  base::StatedQuantile(floor, p),
          base::StatedQuantile(ours, p),      limit, false,
          std::min(floor.size(), ours.size())};
}

base::Result<std::vector<Figure>> MeasureFirstToken(const Plan& plan) {
  ASSAY_TRY(const Both both, MeasureStreams(plan, {15, 5, 3, 1, 6, 7}));
  std::vector<Figure> figures;
  for (const double p : {0.5, 0.99}) {
    figures.push_back(ErrorFigure("TTFT error, 1 stream of 5 ms tokens,", p, both.floor_errors.first_token_us,
                                  both.our_errors.first_token_us, 1.25));
  }
  return figures;
}

base::Result<std::vector<Figure>> MeasureFastStream(const Plan& plan) {
  ASSAY_TRY(const Both both, MeasureStreams(plan, {150, 0.5, 128, 1, 4, 1}));
  std::vector<Figure> figures;
  for (const double p : {0.5, 0.99}) {
    figures.push_back(ErrorFigure("arrival error, 1 stream of 0.5 ms tokens,", p, both.floor_errors.arrival_us,
                                  both.our_errors.arrival_us, 1.25));
  }
  figures.push_back({"client CPU per event, 1 stream of 0.5 ms tokens", "us", both.floor.cpu_us_per_event(),
                     both.ours.cpu_us_per_event(), 1.5, false, std::min(both.floor.events(), both.ours.events())});
  return figures;
}

base::Result<std::vector<Figure>> FiguresOfMany(const Plan& plan, const Pace& pace, std::optional<double> limit) {
  ASSAY_TRY(const Both both, MeasureStreams(plan, pace));
  const std::string streams = std::to_string(pace.streams) + " streams of 5 ms tokens,";
  std::vector<Figure> figures;
  figures.push_back(ErrorFigure("first token's arrival, " + streams, 0.5, both.floor_errors.first_arrival_us,
                                both.our_errors.first_arrival_us, std::nullopt));
  figures.push_back(ErrorFigure("first token's arrival, " + streams, 0.9, both.floor_errors.first_arrival_us,
                                both.our_errors.first_arrival_us, std::nullopt));
  figures.push_back(ErrorFigure("arrival error, " + streams, 0.5, both.floor_errors.arrival_us,
                                both.our_errors.arrival_us, std::nullopt));
  figures.push_back(
      ErrorFigure("arrival error, " + streams, 0.99, both.floor_errors.arrival_us, both.our_errors.arrival_us, limit));
  figures.push_back({"client CPU per event, " + std::to_string(pace.streams) + " streams of 5 ms tokens", "us",
                     both.floor.cpu_us_per_event(), both.ours.cpu_us_per_event(), std::nullopt, false,
                     std::min(both.floor.events(), both.ours.events())});
  return figures;
}

base::Result<std::vector<Figure>> MeasureEightStreams(const Plan& plan) {
  return FiguresOfMany(plan, {400, 5, 64, 8, 1, 1}, std::nullopt);
}

base::Result<std::vector<Figure>> MeasureThirtyTwoStreams(const Plan& plan) {
  return FiguresOfMany(plan, {700, 5, 24, 32, 1, 1}, 1.5);
}

// Many short turns, each on a connection of its own: how fast two processes answer each other depends several times
// over on whether the system has put them on one core, and it leaves them there.
base::Result<std::vector<Figure>> MeasureInstantAnswers(const Plan& plan) {
  constexpr std::size_t kPerTurn = 100;
  constexpr std::int64_t kTurnsPerRound = 12;
  constexpr const char* kPath = "/status";
  ASSAY_TRY(overhead::EmbeddedChild service, overhead::EmbeddedChild::Start(plan.service, kModel, "seed=1"));
  base::Nanoseconds floor_time{0};
  base::Nanoseconds our_time{0};
  for (std::int64_t turn = -1; turn < plan.rounds * kTurnsPerRound; ++turn) {
    for (const bool is_floor : {turn % 2 == 0, turn % 2 != 0}) {
      FloorClient floor;
      ASSAY_TRY(OwnClient ours, OwnClient::Create(service.url(), service.directory() / "run"));
      const auto get = [&](std::size_t count) {
        return is_floor ? floor.Get(service.url() + kPath, count) : ours.Get(kPath, count);
      };
      std::size_t answered = get(1);  // connects
      const base::Moment before = steady_clock::now();
      answered += get(kPerTurn);
      const base::Nanoseconds time = steady_clock::now() - before;
      if (answered != kPerTurn + 1) {
        return base::Error{
            base::ErrorCode::kContent,
            "only " + std::to_string(answered) + " of " + std::to_string(kPerTurn + 1) + " instant answers came",
            service.url() + kPath};
      }
      if (turn >= 0) (is_floor ? floor_time : our_time) += time;
    }
  }
  const auto values = kPerTurn * static_cast<std::size_t>(plan.rounds * kTurnsPerRound);
  const auto rate = [&](base::Nanoseconds time) { return static_cast<double>(values) / base::ToSeconds(time); };
  return std::vector<Figure>{
      {"instant answers, 1 connection", "/s", rate(floor_time), rate(our_time), 0.8, true, values}};
}

std::string Number(std::optional<double> value, int decimals) {
  if (!value) return "-";
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", decimals, *value);
  return text;
}

}  // namespace

std::optional<double> Figure::ratio() const {
  if (!floor || !ours || !(*floor > 0)) return std::nullopt;
  return *ours / *floor;
}

std::optional<bool> Figure::met() const {
  const std::optional<double> reached = ratio();
  if (!reached || !limit) return std::nullopt;
  return higher_is_better ? *reached >= *limit : *reached <= *limit;
}

const std::vector<Group>& AllGroups() {
  static const std::vector<Group> groups = {
      {"first_token", "1 stream of 5 ms tokens", &MeasureFirstToken},
      {"fast_stream", "1 stream of 0.5 ms tokens", &MeasureFastStream},
      {"8_streams", "8 streams of 5 ms tokens", &MeasureEightStreams},
      {"32_streams", "32 streams of 5 ms tokens", &MeasureThirtyTwoStreams},
      {"instant", "instant answers", &MeasureInstantAnswers},
  };
  return groups;
}

std::string FiguresTable(const std::vector<Figure>& figures) {
  char line[160];
  std::string table;
  const auto row = [&](const std::string& name, const std::string& floor, const std::string& ours,
                       const std::string& unit, const std::string& ratio, const std::string& target,
                       const std::string& values) {
    std::snprintf(line, sizeof line, "%-54s %9s %9s %-3s %6s %-14s %7s\n", name.c_str(), floor.c_str(), ours.c_str(),
                  unit.c_str(), ratio.c_str(), target.c_str(), values.c_str());
    table += line;
  };
  row("figure", "floor", "ours", "", "ratio", "target", "values");
  for (const Figure& figure : figures) {
    std::string target = "-";
    if (figure.limit) {
      const std::optional<bool> met = figure.met();
      target = (figure.higher_is_better ? ">= " : "<= ") + Number(figure.limit, 2) +
               (!met   ? " ?"
                : *met ? " met"
                       : " MISSED");
    }
    row(figure.name, Number(figure.floor, 1), Number(figure.ours, 1), std::string(figure.unit),
        Number(figure.ratio(), 2), target, std::to_string(figure.values));
  }
  return table;
}

run::Json FiguresJson(const std::vector<Figure>& figures, const Plan& plan) {
  run::JsonArray rows;
  for (const Figure& figure : figures) {
    rows.push_back(run::JsonObject{{"figure", figure.name},
                                   {"floor", figure.floor},
                                   {"limit", figure.limit},
                                   {"met", figure.met()},
                                   {"ours", figure.ours},
                                   {"ratio", figure.ratio()},
                                   {"unit", std::string(figure.unit)},
                                   {"values", static_cast<std::int64_t>(figure.values)}});
  }
  return run::JsonObject{{"figures", std::move(rows)},
                         {"percentiles", std::string(base::kQuantileMethod)},
                         {"rounds", plan.rounds},
                         {"schema_version", 1}};
}

}  // namespace assay::micro
