// SPDX-License-Identifier: MIT
// The command line of assay-bench: defaults, variables of the workshop, flags, and every usage error.
#include "benchmarks/suite/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fixtures/base/text.h"

namespace assay::suite {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

using Variables = std::map<std::string, std::string>;

base::Result<Options> TryParse(const std::vector<std::string>& args, const Variables& variables = {}) {
  return ParseOptions(args, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

Options Parse(const std::vector<std::string>& args, const Variables& variables = {}) {
  base::Result<Options> options = TryParse(args, variables);
  EXPECT_TRUE(options.ok()) << (options.ok() ? "" : options.error().Message());
  return options.ok() ? *options : Options{};
}

TEST(Options, RoundsHaveTheMostAndWhatJudgesThem) {
  Options options = Parse({"--repetitions=auto", "--baselines=a", "--baselines=b", "--policy=p.json"});
  EXPECT_TRUE(options.in_rounds);
  EXPECT_EQ(options.repetitions, 12);
  EXPECT_EQ(options.request.repetitions, 12);
  EXPECT_THAT(options.baselines, ElementsAre("a", "b"));
  EXPECT_EQ(options.policy, "p.json");
  options = Parse({"--repetitions=auto:40", "--baselines=a"});
  EXPECT_EQ(options.repetitions, 40);
  EXPECT_EQ(options.policy, std::nullopt);
}

// A service that is started without a scenario takes the variable's: what it plays is known all the same.
TEST(Options, TheScenarioThatIsPlayedMayBeTheVariables) {
  EXPECT_EQ(Parse({}).played_scenario, "");
  EXPECT_EQ(Parse({}, {{"ASSAY_SCENARIO", "flip_token=0.1"}}).played_scenario, "flip_token=0.1");
  EXPECT_EQ(Parse({}, {{"ASSAY_SCENARIO", "flip_token=0.1"}}).scenario, std::nullopt);
  EXPECT_EQ(Parse({"--scenario=slow_decode=2"}, {{"ASSAY_SCENARIO", "flip_token=0.1"}}).played_scenario,
            "slow_decode=2");
}

// What a second look is asked with: flags as they were written, variables as the flags they stand for, and nothing that
// is of one run alone.
TEST(Options, TheFlagsOfASecondLookAreKept) {
  EXPECT_THAT(Parse({}).repeated, Optional(IsEmpty()));
  EXPECT_THAT(Parse({"--service", "embedded", "--models=a,b", "--prompts=my prompts.json", "--run=r", "--repetitions",
                     "5", "--benchmark_filter=x", "--benchmark_out=o.json"})
                  .repeated,
              Optional(ElementsAre("--service", "embedded", "--models=a,b", "--prompts=my prompts.json",
                                   "--benchmark_filter=x")));
  EXPECT_THAT(Parse({"--pair", "device=cpu", "device=gpu", "--restarts=2", "--confirm=v.json"}).repeated,
              Optional(ElementsAre("--pair", "device=cpu", "device=gpu", "--restarts=2")));
  EXPECT_THAT(Parse({"--repetitions=auto", "--baselines=b", "--policy=p", "--probe=off"}).repeated,
              Optional(ElementsAre("--probe=off")));
  const Variables variables = {{"BENCH_MODELS", "m"},     {"BENCH_PROMPT", "Hi there"},
                               {"BENCH_MAX_TOKENS", "9"}, {"BENCH_TEMPERATURE", "1"},
                               {"BENCH_STREAM", "0"},     {"API_KEY", "secret"},
                               {"BENCH_ROUNDS", "3"},     {"FOUNDRY_LOCAL_ENDPOINT", "http://h/v1"}};
  EXPECT_THAT(Parse({}, variables).repeated,
              Optional(ElementsAre("--endpoint=http://h/v1", "--models=m", "--prompt=Hi there", "--max-tokens=9",
                                   "--temperature=1", "--stream=off")));
  EXPECT_THAT(Parse({"--models=n", "--max-tokens=4", "--temperature=0.5", "--stream=off"}).repeated,
              Optional(ElementsAre("--models=n", "--max-tokens=4", "--temperature=0.5", "--stream=off")));
  EXPECT_EQ(Parse({"--run=r", "--scenario=\xff"}).repeated, std::nullopt);
  // How often is said by the verdict: more blocks than the default has repetitions are no mistake there.
  EXPECT_EQ(Parse({"--pair", "a", "b", "--restarts=12", "--confirm=v.json"}).restarts, 12);
}

// A verdict knows how often; the workshop's variable is no statement about a second look.
TEST(Options, ASecondLookSaysHowOftenUnlessAFlagDoes) {
  EXPECT_EQ(Parse({"--confirm=v.json"}).confirm, "v.json");
  EXPECT_FALSE(Parse({"--confirm=v.json"}, {{"BENCH_ROUNDS", "3"}}).repetitions_stated);
  EXPECT_TRUE(Parse({"--confirm=v.json", "--repetitions=7"}).repetitions_stated);
  // In rounds, up to as often as the verdict says or as is stated.
  EXPECT_TRUE(Parse({"--confirm=v.json", "--repetitions=auto", "--baselines=b"}).in_rounds);
  EXPECT_FALSE(Parse({"--confirm=v.json", "--repetitions=auto", "--baselines=b"}).repetitions_stated);
  EXPECT_TRUE(Parse({"--confirm=v.json", "--repetitions=auto:30", "--baselines=b"}).repetitions_stated);
  EXPECT_TRUE(Parse({"--confirm=v.json", "--benchmark_repetitions=7"}).repetitions_stated);
}

// design.md section 5 and issue 3: the documented defaults.
TEST(Options, Defaults) {
  const Options options = Parse({});
  EXPECT_EQ(options.service, session::ServiceChoice::kAuto);
  EXPECT_EQ(options.endpoint, std::nullopt);
  EXPECT_EQ(options.api_key, std::nullopt);
  EXPECT_EQ(options.models, std::nullopt);
  EXPECT_EQ(options.prompts, std::nullopt);
  EXPECT_EQ(options.prompt_text, std::nullopt);
  EXPECT_EQ(options.repetitions, 10);
  EXPECT_TRUE(options.anchors);
  EXPECT_FALSE(options.in_rounds || options.confirm);
  EXPECT_EQ(options.seed, 1);
  EXPECT_EQ(options.request.temperature, 0);
  EXPECT_EQ(options.request.seed, 7);
  EXPECT_EQ(options.request.max_tokens, std::nullopt);
  EXPECT_TRUE(options.request.stream);
  EXPECT_EQ(options.start_deadline, 60s);
  EXPECT_EQ(options.timeouts.connect, 5s);
  EXPECT_EQ(options.timeouts.first_byte, 300s);
  EXPECT_EQ(options.timeouts.idle, 60s);
  EXPECT_EQ(options.timeouts.total, 900s);
  EXPECT_EQ(options.warmup.at_most, 6);
  EXPECT_TRUE(options.run_directory.empty());
  EXPECT_FALSE(options.list_only || options.help || options.version);
  EXPECT_FALSE(options.skip_without_service || options.allow_failed_cases);
  EXPECT_THAT(options.devices, IsEmpty());
  EXPECT_THAT(options.variants, IsEmpty());
  EXPECT_TRUE(options.probe);
  EXPECT_FALSE(options.unmanaged || options.download || options.check || options.json);
  EXPECT_EQ(options.min_free_disk_bytes, 15'000'000'000);
  EXPECT_EQ(options.drain_deadline, 60s);
  EXPECT_EQ(options.keep_warm_after, 30s);
  EXPECT_EQ(options.ca_file, std::nullopt);
  EXPECT_TRUE(options.state_folder.empty());
  EXPECT_THAT(options.request.scenarios, IsEmpty());
  EXPECT_EQ(options.request.repetitions, 10);
  EXPECT_EQ(options.stated_watts, std::nullopt);
  EXPECT_TRUE(options.self_measurement);
}

TEST(Options, ReadsEveryFlag) {
  const Options options = Parse({"--service=none",
                                 "--endpoint=http://h:1/v1",
                                 "--scenario=slow_decode=1.5",
                                 "--skip-without-service",
                                 "--start-timeout=2m",
                                 "--connect-timeout=250ms",
                                 "--first-token-timeout=1s",
                                 "--token-timeout=2s",
                                 "--request-timeout=1h",
                                 "--models=a,b",
                                 "--prompts=p.json",
                                 "--repetitions=3",
                                 "--seed=42",
                                 "--warmup-limit=4",
                                 "--max-tokens=5",
                                 "--temperature=0.5",
                                 "--request-seed=9",
                                 "--stream=off",
                                 "--run=out/r",
                                 "--allow-failed-cases",
                                 "--dry-run"});
  EXPECT_EQ(options.service, session::ServiceChoice::kNone);
  EXPECT_EQ(options.endpoint, "http://h:1/v1");
  EXPECT_EQ(options.scenario, "slow_decode=1.5");
  EXPECT_TRUE(options.skip_without_service);
  EXPECT_EQ(options.start_deadline, 120s);
  EXPECT_EQ(options.timeouts.connect, 250ms);
  EXPECT_EQ(options.timeouts.first_byte, 1s);
  EXPECT_EQ(options.timeouts.idle, 2s);
  EXPECT_EQ(options.timeouts.total, 3600s);
  EXPECT_EQ(options.models, "a,b");
  EXPECT_EQ(options.prompts, "p.json");
  EXPECT_EQ(options.repetitions, 3);
  EXPECT_EQ(options.seed, 42);
  EXPECT_EQ(options.warmup.at_most, 4);
  EXPECT_EQ(options.request.max_tokens, 5);
  EXPECT_EQ(options.request.temperature, 0.5);
  EXPECT_EQ(options.request.seed, 9);
  EXPECT_FALSE(options.request.stream);
  EXPECT_EQ(options.run_directory, "out/r");
  EXPECT_TRUE(options.allow_failed_cases);
  EXPECT_TRUE(options.list_only);
}

TEST(Options, ReadsTheFlagsOfServicesAndModels) {
  const Options options = Parse({"--device=gpu, CPU", "--variant=*-cuda-gpu:*,b:1", "--download",
                                 "--min-free-disk=1.5GB", "--probe=off", "--drain-timeout=5s", "--keep-warm=2m"});
  EXPECT_THAT(options.devices, ElementsAre("gpu", "cpu"));
  EXPECT_THAT(options.variants, ElementsAre("*-cuda-gpu:*", "b:1"));
  EXPECT_TRUE(options.download);
  EXPECT_EQ(options.min_free_disk_bytes, 1'500'000'000);
  EXPECT_FALSE(options.probe);
  EXPECT_EQ(options.drain_deadline, 5s);
  EXPECT_EQ(options.keep_warm_after, 120s);
  EXPECT_TRUE(Parse({"--unmanaged"}).unmanaged);
  EXPECT_TRUE(Parse({"--check"}).check);
  EXPECT_TRUE(Parse({"--check", "--json"}).json);
}

TEST(Options, ReadsTheFlagsOfScenariosAndMachine) {
  const Options options = Parse({"--scenarios=warm, nonstream,concurrency:1|4+cache:unique", "--stated-watts=65.5",
                                 "--self-measurement=off", "--repetitions=7"});
  std::vector<std::string> scenarios;
  for (const catalogue::AskedScenario& asked : options.request.scenarios) scenarios.push_back(Spelling(asked));
  EXPECT_THAT(scenarios, ElementsAre("warm", "nonstream", "cache:unique+concurrency:1", "cache:unique+concurrency:4"));
  EXPECT_EQ(options.stated_watts, 65.5);
  EXPECT_FALSE(options.self_measurement);
  EXPECT_EQ(options.request.repetitions, 7);
  EXPECT_TRUE(Parse({"--self-measurement=on"}).self_measurement);
  EXPECT_EQ(Parse({"--stated-watts=9999.9"}).stated_watts, 9999.9);
  EXPECT_EQ(Parse({}, {{"BENCH_ROUNDS", "3"}}).request.repetitions, 3);
}

// One letter apart: faults of the embedded service, and how cases are asked.
TEST(Options, ScenarioAndScenariosAreToldApart) {
  for (const char* value : {"cold", "warm", "nonstream", "concurrency:4", "cold,warm", "rate:x",
                            "after_restart+nonstream", "input_tokens:64|256", "connection:new"}) {
    const base::Result<Options> options = TryParse({std::string("--scenario=") + value});
    ASSERT_FALSE(options.ok()) << value;
    EXPECT_EQ(options.error().code, base::ErrorCode::kUsage) << value;
    EXPECT_THAT(options.error().what, HasSubstr(std::string("did you mean --scenarios=") + value + "?"));
  }
  for (const char* value : {"slow_decode=1.5", "crlf,comments", "slow.json", "cold.json", "./cold", "ttft_ms=40"}) {
    EXPECT_EQ(Parse({std::string("--scenario=") + value}).scenario, value);
  }
  for (const char* value : {"slow_decode=1.5", "crlf", "scenario.json", "warm,slow_decode=1.5", "./faults/slow.json"}) {
    const base::Result<Options> options = TryParse({std::string("--scenarios=") + value});
    ASSERT_FALSE(options.ok()) << value;
    EXPECT_EQ(options.error().code, base::ErrorCode::kUsage) << value;
    EXPECT_THAT(options.error().what, HasSubstr("did you mean --scenario, which is for pacing and faults"));
  }
}

// Decimal units, as disks are sold.
TEST(Options, SizesCarryTheirUnit) {
  for (const auto& [text, bytes] : {std::pair<const char*, std::int64_t>{"0GB", 0},
                                    {"20kB", 20'000},
                                    {"500MB", 500'000'000},
                                    {"500 mb", 500'000'000},
                                    {"0.5kB", 500}}) {
    EXPECT_EQ(Parse({std::string("--min-free-disk=") + text}).min_free_disk_bytes, bytes) << text;
  }
}

TEST(Options, CertificatesAndStateComeFromTheEnvironment) {
  EXPECT_EQ(Parse({}, {{"SSL_CERT_FILE", "/etc/a.pem"}}).ca_file, "/etc/a.pem");
  EXPECT_EQ(Parse({}, {{"CURL_CA_BUNDLE", "/etc/b.pem"}, {"SSL_CERT_FILE", "/etc/a.pem"}}).ca_file, "/etc/b.pem");
  EXPECT_EQ(Parse({}, {{"CURL_CA_BUNDLE", ""}}).ca_file, std::nullopt);
  EXPECT_EQ(Parse({}, {{"ASSAY_STATE_HOME", "/state"}}).state_folder, "/state");
}

const Variables kWorkshop = {{"FOUNDRY_LOCAL_ENDPOINT", "http://variable:5273/v1"},
                             {"BENCH_MODELS", "phi-4-mini,qwen2.5-0.5b"},
                             {"BENCH_ROUNDS", "3"},
                             {"BENCH_PROMPT", "Explain retrieval augmented generation briefly."},
                             {"BENCH_STREAM", "0"},
                             {"BENCH_MAX_TOKENS", "120"},
                             {"BENCH_TEMPERATURE", "0.2"},
                             {"API_KEY", "sk-variable"}};

TEST(Options, AVariableBeatsADefault) {
  const Options options = Parse({}, kWorkshop);
  EXPECT_EQ(options.endpoint, "http://variable:5273/v1");
  EXPECT_EQ(options.models, "phi-4-mini,qwen2.5-0.5b");
  EXPECT_EQ(options.repetitions, 3);
  EXPECT_EQ(options.prompt_text, "Explain retrieval augmented generation briefly.");
  EXPECT_FALSE(options.request.stream);
  EXPECT_EQ(options.request.max_tokens, 120);
  EXPECT_EQ(options.request.temperature, 0.2);
  EXPECT_EQ(options.api_key, "sk-variable");
}

TEST(Options, AFlagBeatsAVariable) {
  const Options options = Parse({"--endpoint=http://flag:1", "--models=flag", "--repetitions=7", "--prompt=Flag",
                                 "--stream=on", "--max-tokens=8", "--temperature=1"},
                                kWorkshop);
  EXPECT_EQ(options.endpoint, "http://flag:1");
  EXPECT_EQ(options.models, "flag");
  EXPECT_EQ(options.repetitions, 7);
  EXPECT_EQ(options.prompt_text, "Flag");
  EXPECT_TRUE(options.request.stream);
  EXPECT_EQ(options.request.max_tokens, 8);
  EXPECT_EQ(options.request.temperature, 1);
  EXPECT_EQ(Parse({"--benchmark_repetitions=9"}, kWorkshop).repetitions, 9);
  const Options file = Parse({"--prompts=p.json"}, kWorkshop);
  EXPECT_EQ(file.prompts, "p.json");
  EXPECT_EQ(file.prompt_text, std::nullopt);
}

TEST(Options, AFlagBeatsAVariableNobodyCanRead) {
  const Variables bad = {
      {"BENCH_ROUNDS", "many"}, {"BENCH_MAX_TOKENS", "x"}, {"BENCH_TEMPERATURE", "warm"}, {"BENCH_STREAM", "maybe"}};
  const Options options = Parse({"--repetitions=7", "--stream=on", "--max-tokens=8", "--temperature=1"}, bad);
  EXPECT_EQ(options.repetitions, 7);
  EXPECT_EQ(options.request.max_tokens, 8);
}

TEST(Options, EmptyVariablesAreNoVariables) {
  Variables empty = kWorkshop;
  for (auto& [name, value] : empty) value.clear();
  const Options options = Parse({}, empty);
  EXPECT_EQ(options.endpoint, std::nullopt);
  EXPECT_EQ(options.models, std::nullopt);
  EXPECT_EQ(options.repetitions, 10);
  EXPECT_EQ(options.prompt_text, std::nullopt);
  EXPECT_TRUE(options.request.stream);
  EXPECT_EQ(options.api_key, std::nullopt);
}

// foundry-facts 6.2.
TEST(Options, TheWorkshopsWordsForWhateverThereIs) {
  EXPECT_EQ(Parse({}, {{"FOUNDRY_LOCAL_ENDPOINT", "auto"}}).endpoint, std::nullopt);
  EXPECT_EQ(Parse({}, {{"BENCH_MODELS", "auto"}}).models, std::nullopt);
  EXPECT_EQ(Parse({}, {{"BENCH_MODELS", "ALL"}}).models, std::nullopt);
}

// Our own service was asked for: a variable left over from elsewhere must not redirect that.
TEST(Options, EmbeddedByFlagBeatsTheEndpointVariable) {
  EXPECT_EQ(Parse({"--service=embedded"}, kWorkshop).endpoint, std::nullopt);
  EXPECT_EQ(Parse({"--service=none"}, kWorkshop).endpoint, "http://variable:5273/v1");
}

TEST(Options, KeepsBenchmarkFlagsApart) {
  const Options options =
      Parse({"--benchmark_filter=short", "--benchmark_out=b.json", "--benchmark_out_format=json",
             "--benchmark_format=csv", "--benchmark_counters_tabular=true", "--benchmark_context=a=b"});
  EXPECT_EQ(options.filter, "short");
  EXPECT_EQ(options.benchmark_out, "b.json");
  EXPECT_EQ(options.benchmark_format, "csv");
  EXPECT_THAT(options.benchmark_flags, ElementsAre("--benchmark_counters_tabular=true", "--benchmark_context=a=b"));
  EXPECT_THAT(Parse({}).benchmark_flags, IsEmpty());
}

TEST(Options, ListTestsTakesAnOptionalTruth) {
  EXPECT_TRUE(Parse({"--benchmark_list_tests"}).list_only);
  EXPECT_TRUE(Parse({"--benchmark_list_tests=true"}).list_only);
  EXPECT_FALSE(Parse({"--benchmark_list_tests=false"}).list_only);
  EXPECT_TRUE(Parse({"--benchmark_list_tests=false", "--dry-run"}).list_only);
}

TEST(Options, OneWarmUpRequestIsAllowed) {
  const Options options = Parse({"--warmup-limit=1"});
  EXPECT_EQ(options.warmup.at_most, 1);
  EXPECT_EQ(options.warmup.at_least, 1);
}

TEST(Options, HelpAndVersionNeedNothingElse) {
  const Variables bad = {{"BENCH_ROUNDS", "many"}};
  EXPECT_TRUE(Parse({"--help"}, bad).help);
  EXPECT_TRUE(Parse({"--version"}, bad).version);
}

TEST(Options, HelpNamesEveryVariableAndExitCode) {
  const std::string help = HelpText();
  for (const auto& [name, value] : kWorkshop) EXPECT_THAT(help, HasSubstr(name));
  for (const char* flag : {"--service",
                           "--endpoint",
                           "--models",
                           "--prompts",
                           "--repetitions",
                           "--run",
                           "--scenario",
                           "--skip-without-service",
                           "--benchmark_filter",
                           "--device",
                           "--variant",
                           "--download",
                           "--min-free-disk",
                           "--unmanaged",
                           "--probe",
                           "--drain-timeout",
                           "--keep-warm",
                           "--check",
                           "--json",
                           "--scenarios",
                           "--stated-watts",
                           "--self-measurement"}) {
    EXPECT_THAT(help, HasSubstr(flag));
  }
  for (const char* code :
       {"0 every case ran", "1 a case failed", "2 wrong usage", "3 service or model", "77 skipped"}) {
    EXPECT_THAT(help, HasSubstr(code));
  }
}

// What the command line says of scenarios is what the catalogue knows.
TEST(Options, HelpNamesEveryPartOfAScenario) {
  const std::string known = catalogue::ParseScenario("no_such_part").error().what;
  const std::size_t at = known.find("known are ");
  ASSERT_NE(at, std::string::npos);
  const std::vector<std::string> parts = base::Split(known.substr(at + 10), ',');
  EXPECT_EQ(parts.size(), 12U);
  for (const std::string& part : parts) EXPECT_THAT(HelpText(), HasSubstr(std::string(base::Trim(part))));
  for (const run::ProbeKind kind : run::kProbeKinds) EXPECT_THAT(HelpText(), HasSubstr(std::string(ToString(kind))));
}

TEST(Options, EveryUsageErrorNamesWhatIsWrong) {
  struct Bad {
    std::vector<std::string> args;
    Variables variables;
    const char* words;
  };
  const Bad bad[] = {{{"--no-such-flag"}, {}, "no-such-flag"},
                     {{"--repetition=3"}, {}, "repetition"},  // no abbreviation
                     {{"file.json"}, {}, "positional"},
                     {{"--service"}, {}, "service"},
                     {{"--service=local"}, {}, "auto, embedded or none, found 'local'"},
                     {{"--service=auto", "--service=none"}, {}, "service"},
                     {{"--repetitions=0"}, {}, "between 1 and 100000"},
                     {{"--repetitions=-3"}, {}, "between 1 and 100000"},
                     {{"--repetitions=100001"}, {}, "between 1 and 100000"},
                     {{"--repetitions=ten"}, {}, "repetitions"},
                     {{"--repetitions=1.5"}, {}, "repetitions"},
                     {{"--repetitions=auto"}, {}, "needs something to judge by: --baselines=DIR"},
                     {{"--repetitions=auto:7", "--baselines=b"}, {}, "auto:MAX with MAX from 10 to 100000"},
                     {{"--repetitions=auto:", "--baselines=b"}, {}, "found 'auto:'"},
                     {{"--repetitions=auto20", "--baselines=b"}, {}, "found 'auto20'"},
                     {{"--repetitions=auto", "--baselines="}, {}, "--baselines"},
                     {{"--baselines=b"}, {}, "--baselines and --policy are for --repetitions=auto"},
                     {{"--policy=p.json"}, {}, "--baselines and --policy are for --repetitions=auto"},
                     {{"--confirm="}, {}, "--confirm"},
                     {{"--anchors=maybe"}, {}, "--anchors should be on or off"},
                     {{"--benchmark_repetitions=x"}, {}, "--benchmark_repetitions should be a whole number"},
                     {{"--benchmark_repetitions"}, {}, "--benchmark_repetitions should be a whole number"},
                     {{"--benchmark_repetitions=0"}, {}, "between 1 and 100000"},
                     {{}, {{"BENCH_ROUNDS", "0"}}, "between 1 and 100000"},
                     {{}, {{"BENCH_ROUNDS", "3.0"}}, "BENCH_ROUNDS should be a whole number, found '3.0'"},
                     {{"--max-tokens=0"}, {}, "--max-tokens should be between 1 and 1000000"},
                     {{"--max-tokens=1000001"}, {}, "--max-tokens should be between 1 and 1000000"},
                     {{"--prompt=\xFF"}, {}, "not valid UTF-8"},
                     {{}, {{"BENCH_MODELS", "a\xC3"}}, "not valid UTF-8"},
                     {{"--benchmark_counters_tabular="}, {}, "--benchmark_counters_tabular needs a value"},
                     {{"--max-tokens=-1"}, {}, "--max-tokens should be between 1 and 1000000"},
                     {{}, {{"BENCH_MAX_TOKENS", "1e3"}}, "BENCH_MAX_TOKENS should be a whole number"},
                     {{"--temperature=-0.1"}, {}, "between 0 and 2"},
                     {{"--temperature=2.1"}, {}, "between 0 and 2"},
                     {{"--temperature=nan"}, {}, "between 0 and 2"},
                     {{"--temperature=warm"}, {}, "temperature"},
                     {{}, {{"BENCH_TEMPERATURE", "0,2"}}, "BENCH_TEMPERATURE should be a number"},
                     {{}, {{"BENCH_TEMPERATURE", "3"}}, "between 0 and 2"},
                     {{"--stream=yes"}, {}, "--stream should be on or off, found 'yes'"},
                     {{}, {{"BENCH_STREAM", "true"}}, "BENCH_STREAM should be 1 or 0, found 'true'"},
                     {{"--prompts=p.json", "--prompt=Hi"}, {}, "exclude each other"},
                     {{"--warmup-limit=0"}, {}, "--warmup-limit must be at least 1"},
                     {{"--warmup-limit=99999999999"}, {}, "warmup-limit"},
                     {{"--seed=x"}, {}, "seed"},
                     {{"--start-timeout=0s"}, {}, "--start-timeout must be longer than 0"},
                     {{"--connect-timeout=5"}, {}, "--connect-timeout"},  // no unit
                     {{"--first-token-timeout=-1s"}, {}, "--first-token-timeout"},
                     {{"--token-timeout=soon"}, {}, "--token-timeout"},
                     {{"--request-timeout="}, {}, "request-timeout"},
                     {{"--benchmark_out="}, {}, "--benchmark_out needs a file name"},
                     {{"--benchmark_out_format=csv"}, {}, "assay report --format=csv"},
                     {{"--benchmark_format=xml"}, {}, "console, json or csv, found 'xml'"},
                     {{"--benchmark_list_tests=perhaps"}, {}, "true or false, found 'perhaps'"},
                     {{"--benchmark_enable_random_interleaving=true"}, {}, "--seed=N"},
                     {{"--benchmark_min_warmup_time=1"}, {}, "--warmup-limit=N"},
                     {{"--benchmark_time_unit=s"}, {}, "milliseconds"},
                     {{"--device=tpu"}, {}, "cpu, gpu or npu, or a list of these; found 'tpu'"},
                     {{"--device=cpu,"}, {}, "--device=cpu, has an empty part"},
                     {{"--device=cpu,cpu"}, {}, "--device names 'cpu' twice"},
                     {{"--variant=,a"}, {}, "--variant=,a has an empty part"},
                     {{"--min-free-disk=15"}, {}, "a size with its unit, kB, MB or GB, e.g. 15GB; found '15'"},
                     {{"--min-free-disk=GB"}, {}, "found 'GB'"},
                     {{"--min-free-disk=-1GB"}, {}, "found '-1GB'"},
                     {{"--min-free-disk=1e9GB"}, {}, "found '1e9GB'"},
                     {{"--min-free-disk=nanGB"}, {}, "found 'nanGB'"},
                     {{"--min-free-disk=15GiB"}, {}, "found '15GiB'"},
                     {{"--probe=yes"}, {}, "--probe should be on or off, found 'yes'"},
                     {{"--drain-timeout=0s"}, {}, "--drain-timeout must be longer than 0"},
                     {{"--keep-warm=30"}, {}, "--keep-warm"},
                     {{"--scenarios="}, {}, "--scenarios"},
                     {{"--scenarios=,"}, {}, "has an empty part; known are warm, nonstream"},
                     {{"--scenarios=warm,"}, {}, "has an empty part; known are warm, nonstream"},
                     {{"--scenarios=warm,warm"}, {}, "--scenarios: the scenario 'warm' is there twice"},
                     {{"--scenarios=hot"}, {}, "'hot' is not known; known are warm, nonstream"},
                     {{"--scenarios=concurrency:0"}, {}, "--scenarios: the scenario part 'concurrency:0' should have"},
                     {{"--scenarios=cold+rate:1"}, {}, "--scenarios: the scenario 'cold+rate:1'"},
                     {{"--stated-watts=0"}, {}, "--stated-watts should be more than 0 and less than 10000"},
                     {{"--stated-watts=-5"}, {}, "--stated-watts should be more than 0 and less than 10000"},
                     {{"--stated-watts=10000"}, {}, "--stated-watts should be more than 0 and less than 10000"},
                     {{"--stated-watts=nan"}, {}, "--stated-watts should be more than 0 and less than 10000"},
                     {{"--stated-watts=65W"}, {}, "stated-watts"},
                     {{"--self-measurement=no"}, {}, "--self-measurement should be on or off, found 'no'"},
                     {{"--download", "--unmanaged"}, {}, "--download and --unmanaged exclude each other"},
                     {{"--json"}, {}, "--json is for --check"},
                     {{"--run="}, {}, "run"}};
  for (const Bad& one : bad) {
    const std::string shown =
        (one.args.empty() ? "" : one.args.front()) + (one.variables.empty() ? "" : one.variables.begin()->first);
    const base::Result<Options> options = TryParse(one.args, one.variables);
    ASSERT_FALSE(options.ok()) << shown;
    EXPECT_EQ(options.error().code, base::ErrorCode::kUsage) << shown;
    EXPECT_THAT(options.error().Message(), HasSubstr(one.words)) << shown;
  }
}

}  // namespace
}  // namespace assay::suite
