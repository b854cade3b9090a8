// SPDX-License-Identifier: MIT
#include "benchmarks/suite/options.h"

#include <boost/program_options.hpp>

#include <algorithm>
#include <sstream>
#include <utility>

#include "benchmarks/suite/benchmark_flags.h"
#include "benchmarks/suite/repeat_flags.h"
#include "benchmarks/suite/rounds.h"
#include "fixtures/base/text.h"
#include "fixtures/base/units.h"

namespace assay::suite {
namespace {

namespace po = boost::program_options;

constexpr std::int64_t kMostRepetitions = 100'000;

base::Error Usage(std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; }

po::options_description Description() {
  po::options_description service("Service");
  // clang-format off
  service.add_options()
    ("service", po::value<std::string>()->default_value("auto"),
     "auto: --endpoint, else Foundry Local on this machine (started if need be), else the embedded service; "
     "embedded: our own, started here; none: start nothing")
    ("endpoint", po::value<std::string>(), "URL of a running service, with or without /v1 [FOUNDRY_LOCAL_ENDPOINT]")
    ("scenario", po::value<std::string>(),
     "pacing and faults of the embedded service: a file, or e.g. slow_decode=1.5; not to be mixed up with --scenarios")
    ("skip-without-service", "end with 77 instead of 3 when there is nothing to run against")
    ("unmanaged", "only observe: start, stop, load, unload and download nothing")
    ("probe", po::value<std::string>()->default_value("on"),
     "on: ask every model a few untimed questions first: does it obey temperature, seed and max_tokens?")
    ("keep-warm", po::value<std::string>()->default_value("30s"),
     "a model that rested longer is asked lightly, untimed, before it is measured again")
    ("drain-timeout", po::value<std::string>()->default_value("60s"),
     "for an answer that was given up on to end before the next request")
    ("start-timeout", po::value<std::string>()->default_value("60s"), "for a service to answer")
    ("connect-timeout", po::value<std::string>()->default_value("5s"), "for a connection")
    ("first-token-timeout", po::value<std::string>()->default_value("300s"), "from the request to the first byte")
    ("token-timeout", po::value<std::string>()->default_value("60s"), "between two reads of the answer")
    ("request-timeout", po::value<std::string>()->default_value("900s"), "for a whole request");
  po::options_description suite("Suite");
  suite.add_options()
    ("models", po::value<std::string>(),
     "models.json, or a comma list of aliases or variants; default: every model of the embedded service [BENCH_MODELS]")
    ("device", po::value<std::string>(),
     "cpu, gpu or npu: measure the variant of each alias for this device; cpu,gpu measures both")
    ("variant", po::value<std::string>(), "measure these variants of each alias: ids or globs, e.g. *-cuda-gpu:*")
    ("download", "fetch models that are not cached before anything is timed")
    ("min-free-disk", po::value<std::string>()->default_value("15GB"), "warn before a download that starts with less")
    ("prompts", po::value<std::string>(), "prompts.json; default: the suite that comes with Assay")
    ("prompt", po::value<std::string>(), "one prompt as text instead of a file [BENCH_PROMPT]")
    ("scenarios", po::value<std::string>(),
     "how every prompt is asked, a comma list instead of what prompts.json says, e.g. "
     "warm,cold,concurrency:1|4|16,rate:2; default warm")
    ("max-tokens", po::value<std::int64_t>(), "instead of each prompt's own, but not of output_tokens:N [BENCH_MAX_TOKENS]")
    ("temperature", po::value<double>(), "default 0 [BENCH_TEMPERATURE]")
    ("request-seed", po::value<std::int64_t>()->default_value(7), "seed sent with every request")
    ("stream", po::value<std::string>(),
     "on or off, default on; off asks every case without a stream [BENCH_STREAM]");
  po::options_description measuring("Measuring");
  measuring.add_options()
    ("repetitions", po::value<std::string>(),
     "measured requests per case, default 10; under load at least 4 per request in flight, at a rate at least 20 "
     "[BENCH_ROUNDS]; auto or auto:MAX: at most MAX, default 12 (with --confirm what the verdict says), and none any more "
     "of a case whose verdict cannot change, which needs --baselines")
    ("baselines", po::value<std::vector<std::string>>()->composing(),
     "with --repetitions=auto: the folder of baselines that `assay compare` is going to judge by; may be repeated")
    ("policy", po::value<std::string>(), "with --repetitions=auto: the policy that it is going to judge by")
    ("confirm", po::value<std::string>(),
     "second look: what `assay compare --json FILE` wrote; measures only its suspects and controls, as often as it says, "
     "into a folder of its own (--run)")
    ("seed", po::value<std::int64_t>()->default_value(1),
     "of the order in which repetitions are interleaved, and of the arrivals of rate:R")
    ("pair", po::value<std::vector<std::string>>()->multitoken(),
     "BASE HEAD: measure two sides in turns, each request of one next to its partner, into DIR/base and DIR/head of "
     "--run=DIR. A side is a comma list of what it states itself: http://..., command=PATH, service=embedded, "
     "scenario=..., model=NAME (or just the name), device=cpu, temperature=0, seed=42|none, max_tokens=64, ...; the rest "
     "comes from the other flags")
    ("restarts", po::value<std::int64_t>(),
     "measure in so many blocks, and before each but the first start the service anew, or load its models anew: what a "
     "start does by chance is then in the numbers more than once. Default: one for 5 repetitions, at most 6, of an "
     "embedded service; 1 of others; with --pair 2 of both sides where that is ours to do, 6 where they do not fit into "
     "memory together")
    ("warmup-limit", po::value<int>()->default_value(6), "most warm-up requests per case")
    ("self-measurement", po::value<std::string>()->default_value("on"),
     "on: before the first case, measure what we add ourselves to a request, against an answer that costs nothing")
    ("anchors", po::value<std::string>()->default_value("on"),
     "on: between the rounds a small model of our own is asked too, which tells a slower machine from a slower service")
    ("stated-watts", po::value<double>(),
     "power of this machine at work, in watts: where no counter can be read, energy is estimated as watts x seconds");
  po::options_description output("Output");
  output.add_options()
    ("run", po::value<std::string>(), "run directory; default assay-run-<time>")
    ("allow-failed-cases", "end with 0 although a case failed: the failure is in the run, the judge names it")
    ("dry-run", "find the service, resolve the models, list the cases, measure nothing")
    ("check", "measure nothing: is this machine ready? Also `assay check`")
    ("json", "with --check: what was found as JSON")
    ("help", "this text")
    ("version", "the version");
  // clang-format on
  po::options_description all(100, 40);
  all.add(service).add(suite).add(measuring).add(output);
  return all;
}

template <typename T>
std::optional<T> Optional(const po::variables_map& map, const char* name) {
  if (map.count(name) == 0) return std::nullopt;
  return map[name].as<T>();
}

base::Status Duration(const po::variables_map& map, const char* name, base::Nanoseconds& into) {
  const base::Result<base::Nanoseconds> parsed = base::ParseDuration(map[name].as<std::string>());
  if (!parsed.ok()) return base::WithContext(parsed.error(), std::string("--") + name);
  if (parsed->count() == 0) return Usage(std::string("--") + name + " must be longer than 0");
  into = *parsed;
  return {};
}

base::Result<bool> OnOrOff(const std::string& flag, const std::string& text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return Usage(flag + " should be on or off, found '" + base::EscapeForTerminal(text) + "'");
}

// "15GB", "500MB", "0kB": decimal units, as disks are sold.
base::Result<std::int64_t> ParseBytes(const std::string& flag, const std::string& text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}};
  constexpr double kMost = 1e15;
  for (const auto& [unit, bytes] : kUnits) {
    if (text.size() <= unit.size() || !base::EqualsIgnoreCase(text.substr(text.size() - unit.size()), unit)) continue;
    const std::optional<double> number = base::ParseDouble(base::Trim(text.substr(0, text.size() - unit.size())));
    if (!number || !(*number >= 0) || *number * bytes > kMost) break;
    return static_cast<std::int64_t>(*number * bytes);
  }
  return Usage(flag + " should be a size with its unit, kB, MB or GB, e.g. 15GB; found '" +
               base::EscapeForTerminal(text) + "'");
}

// The parts of a comma list, e.g. of --device.
base::Result<std::vector<std::string>> ParseList(const std::string& flag, const std::string& text) {
  std::vector<std::string> parts;
  for (const std::string& part : base::Split(text, ',')) {
    const std::string trimmed(base::Trim(part));
    if (trimmed.empty()) return Usage(flag + "=" + base::EscapeForTerminal(text) + " has an empty part");
    if (std::find(parts.begin(), parts.end(), trimmed) != parts.end()) {
      return Usage(flag + " names '" + base::EscapeForTerminal(trimmed) + "' twice");
    }
    parts.push_back(trimmed);
  }
  return parts;
}

// A whole number from the environment; an unreadable one is an error, not a default.
base::Result<std::optional<std::int64_t>> Integer(const Environment& environment, const std::string& name) {
  const std::optional<std::string> text = environment(name);
  if (!text || text->empty()) return std::optional<std::int64_t>();
  const std::optional<std::int64_t> number = base::ParseInt(*text);
  if (!number)
    return Usage("the variable " + name + " should be a whole number, found '" + base::EscapeForTerminal(*text) + "'");
  return number;
}

std::optional<std::string> NonEmpty(const Environment& environment, const std::string& name) {
  std::optional<std::string> text = environment(name);
  if (text && text->empty()) text.reset();
  return text;
}

base::Result<session::ServiceChoice> ParseService(const std::string& text) {
  if (text == "auto") return session::ServiceChoice::kAuto;
  if (text == "embedded") return session::ServiceChoice::kEmbedded;
  if (text == "none") return session::ServiceChoice::kNone;
  return Usage("--service should be auto, embedded or none, found '" + base::EscapeForTerminal(text) + "'");
}

base::Status FillService(const po::variables_map& map, const Environment& environment, Options& options) {
  ASSAY_TRY(options.service, ParseService(map["service"].as<std::string>()));
  options.endpoint = Optional<std::string>(map, "endpoint");
  // The variable names a service to measure; asking for our own one by flag beats it. "auto" is the workshop's spelling
  // of none.
  if (!options.endpoint && options.service != session::ServiceChoice::kEmbedded) {
    options.endpoint = NonEmpty(environment, "FOUNDRY_LOCAL_ENDPOINT");
    if (options.endpoint == "auto") options.endpoint.reset();
  }
  options.api_key = NonEmpty(environment, "API_KEY");
  // Files and secrets stores like to end a key with a new line, which no header can carry.
  if (options.api_key) options.api_key = std::string(base::Trim(*options.api_key));
  // As the curl program reads them; the library does not.
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    if (const auto file = NonEmpty(environment, name)) options.ca_file = file;
  }
  options.scenario = Optional<std::string>(map, "scenario");
  options.played_scenario = options.scenario.value_or(NonEmpty(environment, "ASSAY_SCENARIO").value_or(""));
  // The two flags differ by a letter: what belongs to the other one is said before anything is started with it.
  if (options.scenario && catalogue::BeginsLikeScenario(*options.scenario)) {
    const std::string shown = base::EscapeForTerminal(*options.scenario);
    return Usage("--scenario=" + shown + " is how cases are asked, and --scenario is for pacing and faults of the " +
                 "embedded service; did you mean --scenarios=" + shown + "? (A file of that name is ./" + shown + ")");
  }
  options.unmanaged = map.count("unmanaged") > 0;
  ASSAY_TRY(options.probe, OnOrOff("--probe", map["probe"].as<std::string>()));
  options.state_folder = StateFolder(environment);
  if (!options.state_folder.empty()) options.more_state_folders = {HeadStateFolder(options.state_folder)};
  ASSAY_RETURN_IF_ERROR(Duration(map, "start-timeout", options.start_deadline));
  ASSAY_RETURN_IF_ERROR(Duration(map, "drain-timeout", options.drain_deadline));
  ASSAY_RETURN_IF_ERROR(Duration(map, "keep-warm", options.keep_warm_after));
  ASSAY_RETURN_IF_ERROR(Duration(map, "connect-timeout", options.timeouts.connect));
  ASSAY_RETURN_IF_ERROR(Duration(map, "first-token-timeout", options.timeouts.first_byte));
  ASSAY_RETURN_IF_ERROR(Duration(map, "token-timeout", options.timeouts.idle));
  ASSAY_RETURN_IF_ERROR(Duration(map, "request-timeout", options.timeouts.total));
  return {};
}

base::Status FillModels(const po::variables_map& map, const Environment& environment, Options& options) {
  options.models = Optional<std::string>(map, "models");
  if (!options.models) {
    options.models = NonEmpty(environment, "BENCH_MODELS");
    // The workshop's two words for "whatever there is".
    if (options.models == "auto" || options.models == "ALL") options.models.reset();
  }
  if (const auto devices = Optional<std::string>(map, "device")) {
    ASSAY_TRY(options.devices, ParseList("--device", *devices));
    for (std::string& device : options.devices) {
      device = base::ToLower(device);
      if (device == "cpu" || device == "gpu" || device == "npu") continue;
      return Usage("--device should be cpu, gpu or npu, or a list of these; found '" + base::EscapeForTerminal(device) +
                   "'");
    }
  }
  if (const auto variants = Optional<std::string>(map, "variant")) {
    ASSAY_TRY(options.variants, ParseList("--variant", *variants));
  }
  options.download = map.count("download") > 0;
  if (options.download && options.unmanaged) return Usage("--download and --unmanaged exclude each other");
  ASSAY_TRY(options.min_free_disk_bytes, ParseBytes("--min-free-disk", map["min-free-disk"].as<std::string>()));
  return {};
}

base::Status FillScenarios(const po::variables_map& map, catalogue::RequestOptions& request) {
  const std::optional<std::string> list = Optional<std::string>(map, "scenarios");
  if (!list) return {};
  base::Result<std::vector<catalogue::AskedScenario>> scenarios = catalogue::ScenariosFromList(*list);
  if (scenarios.ok()) {
    request.scenarios = *std::move(scenarios);
    return {};
  }
  // Faults of the embedded service ("slow_decode=1.5", "crlf", a file) begin with no word of ours.
  const std::vector<std::string> parts = base::Split(*list, ',');
  const bool foreign = std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
    return !base::Trim(part).empty() && !catalogue::BeginsLikeScenario(part);
  });
  return Usage("--scenarios: " + scenarios.error().what +
               (foreign ? "; did you mean --scenario, which is for pacing and faults of the embedded service?" : ""));
}

// N, or auto and auto:MAX.
base::Status FillRepetitions(const po::variables_map& map, const Environment& environment,
                             std::optional<std::int64_t> repetitions, Options& options) {
  constexpr std::string_view kAuto = "auto";
  const std::optional<std::string> flag = Optional<std::string>(map, "repetitions");
  if (flag && flag->starts_with(kAuto)) {
    const std::string_view most = std::string_view(*flag).substr(kAuto.size());
    options.in_rounds = true;
    repetitions.reset();
    if (most.empty()) repetitions = kDefaultMostRepetitions;
    options.repetitions_stated = !most.empty();
    if (most.starts_with(':')) repetitions = base::ParseInt(most.substr(1));
    if (!repetitions || *repetitions < kFewestMostRepetitions || *repetitions > kMostRepetitions) {
      return Usage("--repetitions should be a number, auto or auto:MAX with MAX from " +
                   std::to_string(kFewestMostRepetitions) + " to " + std::to_string(kMostRepetitions) + "; found '" +
                   base::EscapeForTerminal(*flag) + "'");
    }
  } else if (flag) {
    repetitions = base::ParseInt(*flag);
    if (!repetitions) {
      return Usage("--repetitions should be a whole number, or auto; found '" + base::EscapeForTerminal(*flag) + "'");
    }
  }
  if (!options.in_rounds) options.repetitions_stated = repetitions.has_value();
  if (!repetitions) {
    ASSAY_TRY(repetitions, Integer(environment, "BENCH_ROUNDS"));
  }
  options.repetitions = repetitions.value_or(options.repetitions);
  if (options.repetitions < 1 || options.repetitions > kMostRepetitions)
    return Usage("--repetitions should be between 1 and " + std::to_string(kMostRepetitions));
  options.request.repetitions = options.repetitions;
  return {};
}

// What belongs to rounds and to the second look.
base::Status FillLooks(const po::variables_map& map, Options& options) {
  if (map.count("baselines") > 0) {
    for (const std::string& folder : map["baselines"].as<std::vector<std::string>>()) {
      if (folder.empty()) return Usage("--baselines needs the name of a folder");
      options.baselines.emplace_back(folder);
    }
  }
  if (const auto policy = Optional<std::string>(map, "policy")) options.policy = *policy;
  if (!options.in_rounds && (!options.baselines.empty() || options.policy)) {
    return Usage("--baselines and --policy are for --repetitions=auto; `assay compare` judges a run that is measured");
  }
  if (options.in_rounds && options.baselines.empty()) {
    return Usage(
        "--repetitions=auto stops asking a case when its verdict cannot change any more and needs something to "
        "judge by: --baselines=DIR; `assay accept` makes one");
  }
  if (const auto verdict = Optional<std::string>(map, "confirm")) {
    if (verdict->empty()) return Usage("--confirm needs the file that `assay compare --json FILE` wrote");
    options.confirm = *verdict;
  }
  return {};
}

base::Status FillMeasuring(const po::variables_map& map, Options& options) {
  constexpr double kMostWatts = 10'000;  // past any single machine: a slip of the unit
  options.seed = map["seed"].as<std::int64_t>();
  options.warmup.at_most = map["warmup-limit"].as<int>();
  if (options.warmup.at_most < 1) return Usage("--warmup-limit must be at least 1");
  options.warmup.at_least = std::min(options.warmup.at_least, options.warmup.at_most);
  ASSAY_TRY(options.self_measurement, OnOrOff("--self-measurement", map["self-measurement"].as<std::string>()));
  ASSAY_TRY(options.anchors, OnOrOff("--anchors", map["anchors"].as<std::string>()));
  options.stated_watts = Optional<double>(map, "stated-watts");
  if (options.stated_watts && !(*options.stated_watts > 0 && *options.stated_watts < kMostWatts)) {
    return Usage("--stated-watts should be more than 0 and less than 10000 watts");
  }
  return {};
}

base::Status FillRequest(const po::variables_map& map, const Environment& environment,
                         catalogue::RequestOptions& request) {
  request.max_tokens = Optional<std::int64_t>(map, "max-tokens");
  if (!request.max_tokens) {
    ASSAY_TRY(request.max_tokens, Integer(environment, "BENCH_MAX_TOKENS"));
  }
  if (request.max_tokens && (*request.max_tokens < 1 || *request.max_tokens > catalogue::kMostTokens)) {
    return Usage("--max-tokens should be between 1 and " + std::to_string(catalogue::kMostTokens));
  }
  if (const auto temperature = Optional<double>(map, "temperature")) {
    request.temperature = *temperature;
  } else if (const auto text = NonEmpty(environment, "BENCH_TEMPERATURE")) {
    const std::optional<double> number = base::ParseDouble(*text);
    if (!number)
      return Usage("the variable BENCH_TEMPERATURE should be a number, found '" + base::EscapeForTerminal(*text) + "'");
    request.temperature = *number;
  }
  if (!(request.temperature >= 0 && request.temperature <= 2)) return Usage("--temperature should be between 0 and 2");
  request.seed = map["request-seed"].as<std::int64_t>();
  if (const auto stream = Optional<std::string>(map, "stream")) {
    ASSAY_TRY(request.stream, OnOrOff("--stream", *stream));
  } else if (const auto text = NonEmpty(environment, "BENCH_STREAM")) {
    if (text != "1" && text != "0") {
      return Usage("the variable BENCH_STREAM should be 1 or 0, found '" + base::EscapeForTerminal(*text) + "'");
    }
    request.stream = text == "1";
  }
  return {};
}

// Blocks, and what follows --pair and can be told without reading a side.
base::Status FillPair(const po::variables_map& map, Options& options) {
  options.restarts = Optional<std::int64_t>(map, "restarts");
  // How often a second look asks stands in its verdict, which is read later.
  const bool too_many = !options.confirm && options.restarts > options.repetitions;
  if (options.restarts && (*options.restarts < 1 || too_many)) {
    return Usage("--restarts should be between 1 (never) and the " + std::to_string(options.repetitions) +
                 " repetitions; every block needs one");
  }
  if (map.count("pair") == 0) return {};
  const std::vector<std::string> sides = map["pair"].as<std::vector<std::string>>();
  if (sides.size() != 2) {
    return Usage(
        "--pair needs two sides, --pair BASE HEAD, found " + std::to_string(sides.size()) +
        "; a side is one word: join what it states by commas, e.g. --pair device=cpu device=gpu,temperature=0");
  }
  options.pair = Options::Pair{sides[0], sides[1]};
  if (options.check) return Usage("--check looks at one service; leave out --pair");
  if (options.in_rounds) {
    return Usage("--repetitions=auto judges by baselines and a pair has none; say how many, e.g. --repetitions=20");
  }
  if (options.benchmark_out || !options.benchmark_format.empty()) {
    return Usage(
        "--pair writes Google Benchmark's JSON of each side into DIR/base/run.json and DIR/head/run.json; leave out "
        "--benchmark_out and --benchmark_format");
  }
  return {};
}

base::Result<Options> FromMap(const po::variables_map& map, const Environment& environment, Options options,
                              std::optional<std::int64_t> repetitions) {
  ASSAY_RETURN_IF_ERROR(FillService(map, environment, options));
  ASSAY_RETURN_IF_ERROR(FillModels(map, environment, options));
  if (const auto prompts = Optional<std::string>(map, "prompts")) options.prompts = *prompts;
  options.prompt_text = Optional<std::string>(map, "prompt");
  if (options.prompts && options.prompt_text) return Usage("--prompts and --prompt exclude each other");
  if (!options.prompts && !options.prompt_text) options.prompt_text = NonEmpty(environment, "BENCH_PROMPT");
  for (const auto& text : {options.prompt_text, options.models}) {
    if (text && !base::IsValidUtf8(*text)) return Usage("'" + base::EscapeForTerminal(*text) + "' is not valid UTF-8");
  }
  ASSAY_RETURN_IF_ERROR(FillRequest(map, environment, options.request));
  ASSAY_RETURN_IF_ERROR(FillScenarios(map, options.request));

  ASSAY_RETURN_IF_ERROR(FillRepetitions(map, environment, repetitions, options));
  ASSAY_RETURN_IF_ERROR(FillLooks(map, options));
  ASSAY_RETURN_IF_ERROR(FillMeasuring(map, options));
  options.skip_without_service = map.count("skip-without-service") > 0;
  options.allow_failed_cases = map.count("allow-failed-cases") > 0;
  options.check = map.count("check") > 0;
  options.json = map.count("json") > 0;
  ASSAY_RETURN_IF_ERROR(FillPair(map, options));
  if (options.json && !options.check) return Usage("--json is for --check; the run is JSON already, see --run");
  options.list_only = options.list_only || map.count("dry-run") > 0;
  if (const auto run = Optional<std::string>(map, "run")) {
    if (run->empty()) return Usage("--run needs the name of a folder");
    options.run_directory = *run;
  }
  return options;
}

}  // namespace

base::Result<Options> ParseOptions(const std::vector<std::string>& args, const Environment& environment) {
  Options options;
  std::optional<std::int64_t> repetitions;
  ASSAY_TRY(const std::vector<std::string> rest, TakeBenchmarkFlags(args, options, repetitions));
  po::variables_map map;
  std::vector<GivenFlag> given;
  try {
    // Abbreviations off: a flag that works today must not become ambiguous tomorrow.
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const po::options_description description = Description();  // `parsed` refers to it
    const po::parsed_options parsed =
        po::command_line_parser(rest).options(description).positional({}).style(style).run();
    for (const po::option& one : parsed.options) given.push_back({one.string_key, one.original_tokens});
    po::store(parsed, map);
    po::notify(map);
  } catch (const po::error& error) {
    return Usage(std::string(error.what()) + "; see assay-bench --help");
  }
  options.help = map.count("help") > 0;
  options.version = map.count("version") > 0;
  if (options.help || options.version) return options;
  ASSAY_TRY(options, FromMap(map, environment, std::move(options), repetitions));
  std::vector<std::string> repeated = FlagsToRepeat(given, options);
  // What is no text cannot be written down.
  if (std::ranges::all_of(repeated, [](const std::string& flag) { return base::IsValidUtf8(flag); })) {
    options.repeated = std::move(repeated);
  }
  return options;
}

std::string HelpText() {
  std::ostringstream text;
  text
      << "assay-bench measures models x prompts on a local model service.\n\n"
         "  assay-bench --service=embedded --run=run\n"
         "  assay-bench --models=qwen2.5-0.5b,phi-4-mini --repetitions=20 --run=run\n"
         "  assay-bench --models=qwen2.5-0.5b --device=cpu,gpu --download --run=run\n"
         "  assay-bench --models=qwen2.5-0.5b --scenarios='warm,cold,concurrency:1|4' --run=run\n"
         "  assay-bench --endpoint=http://127.0.0.1:8080/v1 --models=my-model --run=run\n"
         "  assay-bench --pair device=cpu device=gpu --models=qwen2.5-0.5b --run=run\n"
         "  assay-bench --check --models=qwen2.5-0.5b\n"
         "  assay-bench --models=qwen2.5-0.5b --repetitions=auto --baselines=baselines --run=run\n"
         "  assay-bench --models=qwen2.5-0.5b --confirm=verdict.json --run=run-again\n\n"
         "Every --benchmark_* flag of Google Benchmark works too: --benchmark_filter=REGEX chooses cases by their id,\n"
         "chat/<model>/<prompt>/stream:on/max_tokens:N. [NAME] is an environment variable that a flag beats;\n"
         "API_KEY is sent as a bearer token and never stored; CURL_CA_BUNDLE or SSL_CERT_FILE names the certificates\n"
         "that https trusts. Durations carry a unit: 500ms, 5s, 2m.\n\n"
         "A scenario is one of the parts warm, nonstream, cold, after_restart, connection:new, input_tokens:N,\n"
         "output_tokens:N, cache:reuse, cache:unique, concurrency:N (in flight) and rate:R (per second), or several\n"
         "joined by '+'. N and R may be lists, A|B: a case each. What a part adds stands at the end of the case's id.\n"
         "probe:NAME alone measures nothing and asks what the service makes of a request, NAME being one of\n"
         "temperature, seed, limits, stream, concurrency, reload, restart and cache.\n"
      << Description()
      << "\nExit codes: 0 every case ran, 1 a case failed, 2 wrong usage or unreadable input, 3 service or model not\n"
         "available, 4 internal error, 77 skipped (--skip-without-service). With --check: 0 ready, 1 not ready.\n";
  return text.str();
}

}  // namespace assay::suite
