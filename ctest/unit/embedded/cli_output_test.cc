// SPDX-License-Identifier: MIT
#include "fixtures/embedded/cli_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/embedded/cli_output_g1.h"
#include "fixtures/embedded/foundry_dialects.h"

namespace assay::embedded {
namespace {

using testing::HasSubstr;
using State = ServiceView::State;

ModelVariant LargeVariant() {
  ModelVariant variant;
  variant.id = "Phi-4-mini-instruct-generic-gpu:5";
  variant.name = "Phi-4-mini-instruct-generic-gpu";
  variant.alias = "phi-4-mini";
  variant.file_size_mb = 3809;
  return variant;
}

TEST(BoxedTable, IsAsWideAsItsWidestCellInCharacters) {
  // "é" is two bytes and one column.
  EXPECT_EQ(BoxedTable({{"A", "Long"}, {"éé", "x"}, {"z"}}),
            "┌────┬──────┐\n"
            "│ A  │ Long │\n"
            "├────┼──────┤\n"
            "│ éé │ x    │\n"
            "│ z  │      │\n"
            "└────┴──────┘\n");
  EXPECT_EQ(BoxedTable({{"Alone"}}), "┌───────┐\n│ Alone │\n└───────┘\n");
}

TEST(ServerStatus, StatesWhatIsKnown) {
  EXPECT_EQ(ServerStatusJson({}), "{\"running\":false,\"state\":\"stopped\"}\n");
  EXPECT_EQ(ServerStatusJson({State::kInitializing, 7, std::nullopt, 0}),
            "{\"running\":false,\"state\":\"initializing\",\"pid\":7}\n");
  EXPECT_EQ(ServerStatusJson({State::kReady, std::nullopt, "http://127.0.0.1:58082", 0}),
            "{\"running\":true,\"state\":\"ready\",\"webUrls\":[\"http://127.0.0.1:58082\"]}\n");
  EXPECT_EQ(ServerStatusJson({State::kStopped, 2828, "http://127.0.0.1:58082", 0}),
            "{\"running\":false,\"state\":\"stopped\",\"pid\":2828,\"webUrls\":[\"http://127.0.0.1:58082\"]}\n");
  EXPECT_EQ(ServerStatusText({State::kStopped, 2828, "http://127.0.0.1:58082", 5}, 10), "State    Stopped\n");
  // 2026-07-27 05:17:06Z is 1785129426 seconds of Unix time (date -u -d); 48 min 44 s are 2924 s.
  EXPECT_EQ(ServerStatusText({State::kReady, 29056, "http://127.0.0.1:52364", 1785129426}, 1785129426 + 2924),
            "State    Ready\n"
            "PID      29056\n"
            "Started  2026-07-27 05:17:06Z\n"
            "Uptime   48m 44s\n"
            "Web URLs http://127.0.0.1:52364\n");
  EXPECT_THAT(ServerStatusText({State::kReady, 1, "", 1}, 1 + 3600 + 61), HasSubstr("Uptime   1h 1m 1s\n"));
}

TEST(StatusOfTheSystem, IsReadyWhenTheServiceIs) {
  EXPECT_EQ(StatusJson({}, "0.11.0"), "{\"service\":{\"ready\":false,\"webUrls\":[]},\"version\":\"0.11.0\"}\n");
  EXPECT_EQ(StatusJson({State::kReady, 5, "http://127.0.0.1:1", 0}, "0.11.0"),
            "{\"service\":{\"ready\":true,\"pid\":5,\"webUrls\":[\"http://127.0.0.1:1\"]},\"version\":\"0.11.0\"}\n");
}

TEST(ModelList, StatesWhatIsCached) {
  const ModelVariant variant = LargeVariant();
  EXPECT_EQ(ModelsJson({{&variant, false, false}}, "models"),
            "{\"models\":[{\"alias\":\"phi-4-mini\",\"id\":\"Phi-4-mini-instruct-generic-gpu:5\",\"displayName\":"
            "\"Phi-4-mini-instruct-generic-gpu\",\"type\":\"Chat\",\"device\":\"Cpu\",\"fileSizeMb\":3809,\"cached\":"
            "false,\"license\":\"MIT\",\"supportsToolCalling\":false}]}\n");
  EXPECT_THAT(ModelsTable({{&variant, false, true}}), HasSubstr("│ Chat │ 3.7 GB │ Cpu    │ ○     │ ●      │\n"));
  EXPECT_THAT(CacheTable({{&variant, true, true}}), HasSubstr("│ phi-4-mini │ 3.7 GB │ Cpu    │ ●      │\n"));
}

TEST(ModelList, TakesOnePerAliasAndPrefersWhatIsCached) {
  ModelVariant first = LargeVariant();
  ModelVariant second = LargeVariant();
  second.id = "Phi-4-mini-instruct-generic-cpu:5";
  ModelVariant other = LargeVariant();
  other.alias = "other";
  const auto ids = [&](bool first_is_cached, bool second_is_cached) {
    std::vector<std::string> picked;
    for (const ModelRow& row :
         OnePerAlias({{&first, false, first_is_cached}, {&second, false, second_is_cached}, {&other, false, false}})) {
      picked.push_back(row.variant->alias + " " + row.variant->id.substr(28));
    }
    return picked;
  };
  EXPECT_THAT(ids(true, true), testing::ElementsAre("phi-4-mini gpu:5", "other gpu:5"));
  EXPECT_THAT(ids(false, false), testing::ElementsAre("phi-4-mini gpu:5", "other gpu:5"));
  EXPECT_THAT(ids(false, true), testing::ElementsAre("phi-4-mini cpu:5", "other gpu:5"));
}

TEST(ProgressSteps, HoldBothEnds) {
  EXPECT_THAT(ProgressSteps(0, 100), testing::ElementsAre(0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100));
  EXPECT_THAT(ProgressSteps(50, 75), testing::ElementsAre(50, 60, 70, 75));
  EXPECT_THAT(ProgressSteps(75, 100), testing::ElementsAre(75, 80, 90, 100));
  EXPECT_THAT(ProgressSteps(99, 99), testing::ElementsAre(99));
}

TEST(G1Output, HasTheWordsOfTheRealOne) {
  const ModelVariant variant = LargeVariant();
  EXPECT_EQ(g1::CacheTable({{&variant, false, true}}),
            "Models cached on device:\n"
            "   Alias                                             Model ID\n"
            "💾 phi-4-mini                                        Phi-4-mini-instruct-generic-gpu:5\n");
  EXPECT_EQ(g1::CacheTable({{&variant, false, false}}), "No models cached on device\n");
  EXPECT_EQ(g1::StartedText({17000, "http://127.0.0.1:64646", 0, Dialect::kG1, 0}, false),
            "🟢 Service is Started on http://127.0.0.1:64646/, PID 17000!\n");
  EXPECT_EQ(g1::StartedText({17000, "http://127.0.0.1:64646", 0, Dialect::kG1, 0}, true),
            "🟢 Service is already running on http://127.0.0.1:64646/.\n");
  EXPECT_EQ(
      g1::LoadFailureText("X", "http://localhost:5273/openai/load/X?ttl=600&ep=cuda", 500, "Failed loading model X"),
      "Exception: Failed: Loading model X from http://localhost:5273/openai/load/X?ttl=600&ep=cuda\n"
      "Internal Server Error\n"
      "Failed loading model X\n");
  EXPECT_EQ(g1::ProgressBar(100),
            "[####################################] 100.00 % [Time remaining: about 0s]        16.2 MB/s");
}

}  // namespace
}  // namespace assay::embedded
