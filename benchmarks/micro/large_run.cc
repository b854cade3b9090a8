// SPDX-License-Identifier: MIT
// A measured run made as large as asked, to see what a judge of large runs needs: two runs, every byte like a real
// one. Measures nothing; what is timed are the programs that read them.
#include <boost/program_options.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>

#include "fixtures/base/hash.h"
#include "fixtures/base/text.h"
#include "fixtures/run/case_id.h"
#include "fixtures/run/json.h"
#include "fixtures/run/run_directory.h"

namespace assay::micro {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr double kNoise = 0.03;  // sd of ln(latency), of a request
constexpr std::int64_t kPause = 20'000'000;

// What every case and request is made like.
struct Pattern {
  run::RunInfo info;
  run::PlannedCase plan;
  run::Sample sample;
  run::Answer answer;
  run::Json entry;  // of Google Benchmark
};

base::Result<Pattern> PatternOf(const fs::path& directory) {
  ASSAY_TRY(run::Run run, run::ReadRun(directory));
  ASSAY_TRY(const run::Json file, run::ReadJsonFile(directory / "run.json"));
  const run::Json* const entries = file.Find("benchmarks");
  for (const run::RunCase& one : run.cases) {
    for (const run::Sample& sample : one.samples) {
      if (!sample.counts() || entries == nullptr || entries->as_array() == nullptr) continue;
      for (const run::Json& entry : *entries->as_array()) {
        const run::Json* const name = entry.Find("run_name");
        if (name == nullptr || name->as_string() == nullptr || *name->as_string() != one.plan.id) continue;
        return Pattern{std::move(run.info), one.plan, sample, one.answers.at(*sample.answer_sha256), entry};
      }
    }
  }
  return base::Error{base::ErrorCode::kInvalidInput,
                     "no request of this run went well, so there is none to make others like; measure one with "
                     "assay-bench --run",
                     directory.string()};
}

std::string PromptAt(std::size_t place) { return "p" + std::to_string(place); }

std::string IdAt(const Pattern& pattern, std::size_t place) {
  const run::Json* const most = pattern.plan.request.Find("max_tokens");
  const std::int64_t max_tokens = most != nullptr && most->as_integer() != nullptr ? *most->as_integer() : 1;
  return run::BuildCaseId(run::CaseId{pattern.plan.model, PromptAt(place), true, max_tokens});
}

void Stretch(double factor, run::Timeline& timeline) {
  const auto stretched = [&](base::Nanoseconds& value) {
    value = base::Nanoseconds(std::llround(static_cast<double>(value.count()) * factor));
  };
  for (run::Event& event : timeline.events) stretched(event.at);
  if (timeline.first_byte) stretched(*timeline.first_byte);
  if (timeline.closed) stretched(*timeline.closed);
}

base::Status WriteLarge(const Pattern& pattern, const fs::path& directory, std::size_t cases, std::int64_t requests,
                        std::uint32_t seed) {
  boost::random::mt19937 random(seed);
  boost::random::normal_distribution<double> normal(0, kNoise);
  ASSAY_TRY(run::RunWriter writer, run::RunWriter::Create(directory));
  run::RunInfo info = pattern.info;
  info.cases.clear();
  info.summaries.clear();
  info.provenance.repetitions = requests;
  info.provenance.started_at = "2026-01-01T00:00:0" + std::to_string(seed % 10) + "Z";
  std::int64_t start = pattern.sample.timeline.start_ns;
  for (std::size_t place = 0; place < cases; ++place) {
    run::PlannedCase plan = pattern.plan;
    plan.id = IdAt(pattern, place);
    plan.prompt = PromptAt(place);
    plan.fingerprint = base::Sha256Hex(plan.prompt);
    for (std::int64_t request = 0; request < requests; ++request) {
      run::Sample sample = pattern.sample;
      sample.case_id = plan.id;
      sample.prompt = plan.prompt;
      sample.repetition = request;
      sample.timeline.start_ns = start += kPause;
      Stretch(std::exp(normal(random)), sample.timeline);
      run::Answer answer = pattern.answer;
      answer.case_id = plan.id;
      ASSAY_RETURN_IF_ERROR(writer.Append(sample, &answer));
    }
    info.cases.push_back(std::move(plan));
  }
  const auto entries = [&](const run::TakeText& take) -> base::Status {
    ASSAY_RETURN_IF_ERROR(take(R"({"context": {}, "benchmarks": [)"));
    run::JsonObject entry = *pattern.entry.as_object();
    const double latency = pattern.entry.Find("real_time")->as_number().value_or(1);
    for (std::size_t place = 0; place < cases; ++place) {
      entry["name"] = entry["run_name"] = IdAt(pattern, place);
      entry["family_index"] = static_cast<std::int64_t>(place);
      entry["repetitions"] = requests;
      for (std::int64_t request = 0; request < requests; ++request) {
        entry["repetition_index"] = request;
        entry["real_time"] = latency * std::exp(normal(random));
        ASSAY_RETURN_IF_ERROR(take((place + static_cast<std::size_t>(request) > 0 ? ",\n" : "\n") +
                                   run::WriteJson(run::Json(entry), run::JsonStyle::kPretty)));
      }
    }
    return take("]}");
  };
  return writer.Finish(entries, info);
}

int Main(int argc, char** argv) {
  std::string from;
  std::string out;
  std::size_t cases = 10000;
  std::int64_t requests = 30;
  po::options_description known(
      "Usage: large_run --from RUN --out DIR [options]\n\n"
      "Writes DIR/base and DIR/head, two runs of many cases, each request like one of RUN give or take 3 %.\n"
      "What reading them takes:\n"
      "  assay accept --run DIR/base --baselines DIR/baselines --reason size\n"
      "  time assay compare --run DIR/head --baselines DIR/baselines\n"
      "  time compare.py benchmarks DIR/base/run.json DIR/head/run.json     (Google Benchmark's)\n\n"
      "Options");
  known.add_options()("help", "this text")("from", po::value(&from)->required(), "a run of assay-bench")(
      "out", po::value(&out)->required(), "a folder to make")("cases", po::value(&cases), "default 10000")(
      "requests", po::value(&requests), "of each case, default 30");
  try {
    po::variables_map values;
    po::store(po::command_line_parser(argc, argv).options(known).positional({}).run(), values);
    if (values.count("help") != 0) {
      std::cout << known << "\n";
      return 0;
    }
    po::notify(values);
    if (cases < 1 || requests < 1) throw po::error("cases and requests should be at least 1");
  } catch (const po::error& error) {
    std::cerr << "large_run: " << error.what() << "; see large_run --help\n";
    return 2;
  }
  const auto write = [&]() -> base::Status {
    ASSAY_TRY(const Pattern pattern, PatternOf(from));
    ASSAY_RETURN_IF_ERROR(WriteLarge(pattern, fs::path(out) / "base", cases, requests, 1));
    return WriteLarge(pattern, fs::path(out) / "head", cases, requests, 2);
  };
  const base::Status status = write();
  if (status.ok()) return 0;
  std::cerr << "large_run: " << base::EscapeForTerminal(status.error().Message()) << "\n";
  return 4;
}

}  // namespace
}  // namespace assay::micro

int main(int argc, char** argv) { return assay::micro::Main(argc, argv); }
