// SPDX-License-Identifier: MIT
// Lines, files and members read with and without a tree are the same: over every kept example, over the shapes one can
// think of, and over what random changes make of both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "ctest/unit/run/test_run.h"
#include "fixtures/base/text.h"
#include "fixtures/run/json_cursor.h"
#include "fixtures/run/metrics.h"
#include "fixtures/run/outputs.h"
#include "fixtures/run/sample_line.h"

namespace assay::run {
namespace {

constexpr std::string_view kExamples[] = {"v1", "v1_models", "v1_scenarios"};

std::vector<std::string> ExampleLines() {
  std::vector<std::string> lines;
  for (const std::string_view name : kExamples) {
    const std::string text = base::ReadFile(ExampleDirectory(std::string(name)) / "samples.jsonl").value();
    for (std::string& line : base::Split(text, '\n')) {
      if (!line.empty()) lines.push_back(std::move(line));
    }
  }
  return lines;
}

// A line with `from` replaced, in all its members but that one as a real one.
std::string With(const std::string& from, const std::string& to) {
  std::string line;
  AppendSampleLine(FullSample(), line);
  const std::size_t at = line.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? line : line.replace(at, from.size(), to);
}

std::vector<std::string> InventedLines() {
  std::string full;
  AppendSampleLine(FullSample(), full);
  std::vector<std::string> lines = {
      full,
      WriteJson(*ParseJson(full, "line"), JsonStyle::kPretty),
      "",
      "{}",
      "[]",
      "null",
      full + " ",
      full + "}",
      " \t" + full,
      "\xEF\xBB\xBF" + full,
      full + std::string(1, '\0'),
      full.substr(0, full.size() - 1),
      With("\"case\":", "\"c\\u0061se\":"),
      With("\"case\":", "\"unknown\":1,\"case\":"),
      With("\"case\":", "\"case\":\"x\",\"case\":"),
      With("\"repetition\":3", "\"repetition\":-3"),
      With("\"repetition\":3", "\"repetition\":03"),
      With("\"repetition\":3", "\"repetition\":3.0"),
      With("\"repetition\":3", "\"repetition\":-0"),
      With("\"repetition\":3", "\"repetition\":null"),
      With("\"repetition\":3", "\"repetition\":999999999999999999"),
      With("\"repetition\":3", "\"repetition\":9223372036854775807"),
      With("\"repetition\":3", "\"repetition\":9223372036854775808"),
      With("\"repetition\":3,", ""),
      With("\"warmup\":true", "\"warmup\":null"),
      With("\"warmup\":true", "\"warmup\":1"),
      With("\"outcome\":\"reset\"", "\"outcome\":\"odd\""),
      With("\"outcome\":\"reset\"", "\"outcome\":\"res\\u0065t\""),
      With("\"http_status\":200", "\"http_status\":99"),
      With("\"http_status\":200", "\"http_status\":1000"),
      With("\"finish_reason\":\"stop\"", "\"finish_reason\":\"\\ud83d\\ude42 \\\\ \\\"\""),
      With("\"finish_reason\":\"stop\"", "\"finish_reason\":\"\\ude42\""),
      With("\"finish_reason\":\"stop\"", "\"finish_reason\":\"\xFF\""),
      With("\"finish_reason\":\"stop\"", "\"finish_reason\":\"a\tb\""),
      With("\"finish_reason\":\"stop\"", "\"finish_reason\":[]"),
      With("[10000000,\"role\"]", "[10000000,\"role\",1]"),
      With("[10000000,\"role\"]", "[10000000]"),
      With("[10000000,\"role\"]", "[-1,\"role\"]"),
      With("[10000000,\"role\"]", "[30000000,\"role\"]"),
      With("[10000000,\"role\"]", "[10000000,\"r\\u006fle\"]"),
      With("[10000000,\"role\"]", "[010000000,\"role\"]"),
      With("[10000000,\"role\"]", "[0,\"role\"]"),
      With("[10000000,\"role\"]", "[1234567890123456789,\"role\"]"),
      With("[10000000,\"role\"]", "[10000000,\"\"]"),
      With("[10000000,\"role\"],", "[10000000,\"role\"],,"),
      With("[10000000,\"role\"],", " [ 10000000 , \"role\" ] , "),
      With("\"closed_ns\":30000000", "\"closed_ns\":1"),
      With("\"closed_ns\":30000000", "\"closed_ns\":-1"),
      With("\"gpu_celsius\":-3", "\"gpu_celsius\":null"),
      With("\"gpu_celsius\":-3", "\"span_ns\":3"),
      With("\"span_ns\":40000000,", ""),
      With("\"machine\":{", "\"machine\":null,\"merged_events\":{"),
  };
  for (const std::string_view number : {"0",
                                        "-0",
                                        "0.0",
                                        "-0.0",
                                        "-1",
                                        "1.",
                                        ".5",
                                        "+1",
                                        "01",
                                        "0.125",
                                        "123.456",
                                        "0.1234567890123456789",
                                        "1e2",
                                        "1E+2",
                                        "1e-2",
                                        "1e400",
                                        "1e-400",
                                        "9007199254740991",
                                        "9007199254740993",
                                        "123456789012345678",
                                        "1234567890123456789",
                                        "18446744073709551616",
                                        "1e",
                                        "1e+",
                                        "--1",
                                        "NaN",
                                        "Infinity",
                                        "0x1",
                                        "\"1\"",
                                        "99999999999999999.9"}) {
    lines.push_back(With("\"others_cpu_share\":0.125", "\"others_cpu_share\":" + std::string(number)));
  }
  return lines;
}

// True when the line was read without a tree.
bool ReadsTheSame(const std::string& line) {
  Sample scanned;
  if (!ScanSampleLine(line, scanned)) return false;
  const base::Result<Json> tree = ParseJson(line, "line");
  EXPECT_TRUE(tree.ok()) << tree.error().Message() << "\n" << line;
  if (!tree.ok()) return true;
  const base::Result<Sample> read = SampleFromJson(*tree, "line");
  EXPECT_TRUE(read.ok()) << read.error().Message() << "\n" << line;
  if (!read.ok()) return true;
  EXPECT_EQ(scanned, *read) << line;
  std::string again;
  AppendSampleLine(scanned, again);
  EXPECT_EQ(again, WriteJson(ToJson(*read), JsonStyle::kCompact)) << line;  // -0.0 equals 0.0 and is written otherwise
  return true;
}

// What a person or a broken disk does to a text.
class Changer {
 public:
  explicit Changer(unsigned seed) : random_(seed) {}
  std::size_t Below(std::size_t limit) { return static_cast<std::size_t>(random_()) % limit; }
  std::string Change(std::string text, const std::string& other) {
    static constexpr std::string_view kBytes = "{}[]\",:\\u0e1-. \n\t\xC3\xA9\xFFntd";
    for (std::size_t changes = 1 + Below(2); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = Below(text.size());
      switch (Below(6)) {
        case 0:
          text[at] = kBytes[Below(kBytes.size())];
          break;
        case 1:
          text.insert(at, 1, kBytes[Below(kBytes.size())]);
          break;
        case 2:
          text.erase(at, 1 + Below(4));
          break;
        case 3:
          text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << Below(8)));
          break;
        case 4: {
          const std::size_t from = Below(other.size() + 1);
          text.insert(at, other, from, Below(40));
          break;
        }
        default:  // a piece of itself again: keys that appear twice
          text.insert(at, std::string(text, Below(text.size()), Below(60)));
      }
    }
    return text;
  }

 private:
  std::mt19937 random_;
};

// Nothing that a run of today holds needs a tree.
TEST(SampleScan, TakesEveryLineOfTheKeptExamples) {
  const std::vector<std::string> lines = ExampleLines();
  EXPECT_GT(lines.size(), 20U);
  for (const std::string& line : lines) EXPECT_TRUE(ReadsTheSame(line)) << line;
}

TEST(SampleScan, TakesWhatTheWriterWrites) {
  std::string line;
  AppendSampleLine(FullSample(), line);
  Sample read;
  ASSERT_TRUE(ScanSampleLine(line, read));
  EXPECT_EQ(read, FullSample());
}

// Of reasoning, text and what follows: all latencies stay, and only what lies between their moments goes.
TEST(ReadRun, KeepsTheLatenciesOfAThinnedSample) {
  const ExampleRun example("v1_scenarios");
  const base::Result<run::Run> whole = ReadRun(example.path());
  const base::Result<run::Run> thin = ReadRun(example.path(), [](Sample& sample) { KeepEnds(sample.timeline); });
  ASSERT_TRUE(whole.ok() && thin.ok());
  ASSERT_EQ(whole->cases.size(), thin->cases.size());
  std::size_t fewer = 0;
  for (std::size_t i = 0; i < whole->cases.size(); ++i) {
    ASSERT_EQ(whole->cases[i].samples.size(), thin->cases[i].samples.size());
    for (std::size_t k = 0; k < whole->cases[i].samples.size(); ++k) {
      const Sample& all = whole->cases[i].samples[k];
      const Sample& kept = thin->cases[i].samples[k];
      for (const auto metric : {E2eMs, TtftMs, TtfoMs, FirstEventMs, TpotMs, StreamTailMs}) {
        EXPECT_EQ(metric(all), metric(kept)) << all.case_id << " " << k;
      }
      EXPECT_LE(kept.timeline.events.size(), 4U);
      fewer += all.timeline.events.size() - kept.timeline.events.size();
    }
  }
  EXPECT_GT(fewer, 20U);
}

// All metrics there are, so that a new one that looks at all events has to be named.
TEST(KeepEnds, LeavesEveryMetricThatDoesNotNeedAllEvents) {
  std::size_t needed = 0;
  for (const char* example : {"v1", "v1_models", "v1_scenarios"}) {
    const base::Result<run::Run> run = ReadRun(ExampleDirectory(example));
    ASSERT_TRUE(run.ok()) << run.error().Message();
    for (const RunCase& one : run->cases) {
      for (const Sample& whole : one.samples) {
        Sample thin = whole;
        KeepEnds(thin.timeline);
        for (const Metric& metric : AllMetrics()) {
          if (!metric.value) continue;
          const bool same = metric.value(whole) == metric.value(thin);
          EXPECT_TRUE(same || NeedsAllEvents(metric.name)) << metric.name << " of " << one.plan.id;
          needed += same ? 0 : 1;
        }
      }
    }
  }
  EXPECT_GT(needed, 0U);
  EXPECT_FALSE(NeedsAllEvents("ttft_ms"));
  EXPECT_FALSE(NeedsAllEvents("tpot_ms"));
  EXPECT_FALSE(NeedsAllEvents("e2e_ms"));
}

TEST(KeepEnds, KeepsReasoningTextAndTheLast) {
  using namespace std::chrono_literals;
  Timeline timeline;
  timeline.events = {{1ms, EventKind::kRole},      {2ms, EventKind::kReasoning}, {3ms, EventKind::kReasoning},
                     {4ms, EventKind::kContent},   {5ms, EventKind::kContent},   {6ms, EventKind::kTool},
                     {7ms, EventKind::kReasoning}, {8ms, EventKind::kFinish},    {9ms, EventKind::kDone}};
  KeepEnds(timeline);
  const std::vector<Event> ends = {
      {1ms, EventKind::kRole}, {2ms, EventKind::kReasoning}, {4ms, EventKind::kContent}, {7ms, EventKind::kReasoning}};
  EXPECT_EQ(timeline.events, ends);
  timeline.events.clear();
  KeepEnds(timeline);
  EXPECT_TRUE(timeline.events.empty());
  timeline.events = {{1ms, EventKind::kError}, {2ms, EventKind::kDone}};
  KeepEnds(timeline);
  EXPECT_EQ(timeline.events, (std::vector<Event>{{1ms, EventKind::kError}}));
}

TEST(SampleScan, OfInventedShapesIsTheSameWithoutATree) {
  int scanned = 0;
  for (const std::string& line : InventedLines()) scanned += ReadsTheSame(line) ? 1 : 0;
  EXPECT_GT(scanned, 20);
}

TEST(SampleScan, OfWhatChangesMakeOfThemIsTheSameWithoutATree) {
  std::vector<std::string> lines = InventedLines();
  for (std::string& line : ExampleLines()) lines.push_back(std::move(line));
  Changer changer(20260301);
  int scanned = 0;
  constexpr int kLines = 20'000;
  for (int i = 0; i < kLines; ++i) {
    const std::string& line = lines[changer.Below(lines.size())];
    scanned += ReadsTheSame(changer.Change(line, lines[changer.Below(lines.size())])) ? 1 : 0;
    ASSERT_FALSE(HasFailure()) << i;
  }
  // Both sides of the border were seen.
  EXPECT_GT(scanned, kLines / 50);
  EXPECT_LT(scanned, kLines - kLines / 50);
}

// Lines around the size that is read at once, an empty one, and a last one that has no end.
TEST(LineReader, ReadsEveryLineWhateverItsLength) {
  const ExampleRun folder;
  std::vector<std::string> lines = {"", "first"};
  for (std::size_t size = 262144 - 3; size < 262144 + 3; ++size) lines.emplace_back(size, 'x');
  lines.emplace_back(2'000'000, 'y');
  for (int i = 0; i < 1000; ++i) lines.push_back("line " + std::to_string(i));
  for (const bool cut : {false, true}) {
    folder.Write("lines", base::Join(lines, "\n") + (cut ? "" : "\n"));
    base::Result<base::LineReader> reader = base::LineReader::Open(folder.path() / "lines");
    ASSERT_TRUE(reader.ok());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::optional<std::string_view> line = reader->Next();
      ASSERT_TRUE(line.has_value()) << i;
      ASSERT_TRUE(*line == lines[i]) << i;
      ASSERT_EQ(reader->number(), static_cast<std::int64_t>(i + 1));
      ASSERT_EQ(reader->cut(), cut && i + 1 == lines.size());
    }
    EXPECT_FALSE(reader->Next().has_value());
    EXPECT_TRUE(reader->status().ok());
  }
  folder.Write("lines", "");
  EXPECT_FALSE(base::LineReader::Open(folder.path() / "lines")->Next().has_value());
  EXPECT_EQ(base::LineReader::Open(folder.path() / "none").error().code, base::ErrorCode::kNotFound);
}

// True when the member was found without a tree of the whole.
bool FindsTheSame(const ExampleRun& folder, const std::string& text) {
  folder.Write("run.json", text);
  const std::optional<Json> found = ReadMember(folder.path() / "run.json", "assay");
  const base::Result<Json> tree = ParseJson(text, "run.json");
  if (!found) return false;
  EXPECT_TRUE(tree.ok()) << tree.error().Message() << "\n" << text;
  if (!tree.ok()) return true;
  const Json* member = tree->Find("assay");
  EXPECT_TRUE(member != nullptr && *member == *found) << text;
  return true;
}

TEST(ReadMember, FindsWhatTheTreeFinds) {
  const ExampleRun folder;
  for (const std::string_view name : kExamples) {
    const std::string text = base::ReadFile(ExampleDirectory(std::string(name)) / "run.json").value();
    EXPECT_TRUE(FindsTheSame(folder, text)) << name;
    EXPECT_TRUE(FindsTheSame(folder, WriteJson(*ParseJson(text, ""), JsonStyle::kCompact))) << name;
  }
  for (const char* text :
       {R"({"assay":{}})", R"({"a":[],"assay":[1,{"b":2}],"c":[[],[{}]]})", " {\n\"assay\" : 7 }\n\n",
        R"({"assay":null})", R"({"a":{"b":1},"b":[{"b":1},{"b":1,"c":{}},{"c":1}],"assay":"x"})",
        R"({"a":"C:\\x \u00e9","assay":1e5})"}) {
    EXPECT_TRUE(FindsTheSame(folder, text)) << text;
  }
  for (const char* text : {"",
                           " ",
                           "{",
                           "[]",
                           "{}",
                           R"({"assay":1)",
                           R"({"assay":1}})",
                           R"({"assay":1,})",
                           R"({"assay":[1,]})",
                           R"({"a":[1,],"assay":1})",
                           R"({"a":[,1],"assay":1})",
                           R"({"a":[1 2],"assay":1})",
                           R"({"a":1,"a":2,"assay":1})",
                           R"({"assay":1,"assay":1})",
                           R"({"a":[{"b":1,"b":2}],"assay":1})",
                           R"({"a":[{"b":1,"c":1},{"b":1,"c":1,"b":2}],"assay":1})",
                           R"({"a":[1e999],"assay":1})",
                           R"({"a":[1},"assay":1})",
                           R"({"a":["\ude42"],"assay":1})",
                           "{\"a\":[\"\xFF\"],\"assay\":1}",
                           R"({"a":[nul],"assay":1})",
                           R"({"a" 1,"assay":1})",
                           R"({"assay":1} x)"}) {
    EXPECT_FALSE(FindsTheSame(folder, text)) << text;
  }
}

TEST(ReadMember, LeavesOutAMemberOfItButReadsOverItAsStrictly) {
  const ExampleRun folder;
  const auto read = [&](const std::string& text) {
    folder.Write("run.json", text);
    return ReadMember(folder.path() / "run.json", "assay", "s");
  };
  EXPECT_EQ(read(R"({"s":1,"assay":{"a":[1],"s":[{"b":2}],"t":{"s":3}}})"),
            Json(JsonObject{{"a", JsonArray{1}}, {"t", JsonObject{{"s", 3}}}}));
  EXPECT_EQ(read(R"({"assay":{"a":1}})"), Json(JsonObject{{"a", 1}}));
  EXPECT_EQ(read(R"({"assay":["s"]})"), Json(JsonArray{"s"}));
  for (const char* text : {R"({"assay":{"s":[1,]}})", R"({"assay":{"s":1,"s":2}})", R"({"assay":{"a":1,"a":2}})",
                           R"({"assay":{"s":{"b":1,"b":2}}})"}) {
    EXPECT_FALSE(read(text)) << text;
  }
}

TEST(ReadMember, IsAsStrictAboutDepth) {
  const ExampleRun folder;
  for (const std::size_t depth : {126U, 127U}) {
    const std::string nested = std::string(depth, '[') + std::string(depth, ']');
    EXPECT_TRUE(FindsTheSame(folder, "{\"x\":" + nested + ",\"assay\":1}")) << depth;
    EXPECT_TRUE(FindsTheSame(folder, "{\"assay\":" + nested + "}")) << depth;
  }
  const std::string nested = std::string(128, '[') + std::string(128, ']');
  EXPECT_FALSE(FindsTheSame(folder, "{\"x\":" + nested + ",\"assay\":1}"));
  EXPECT_FALSE(FindsTheSame(folder, "{\"assay\":" + nested + "}"));
}

// Past one window, and with elements of its very size around its end.
TEST(ReadMember, DoesNotMindHowLongTheFileIs) {
  const ExampleRun folder;
  std::string many = "{\"benchmarks\":[";
  for (int i = 0; i < 20'000; ++i) {
    many += (i == 0 ? "" : ",\n  ") + ("{\"name\":\"case\",\"n\":" + std::to_string(i)) + ",\"list\":[1.5e+02,-2]}";
  }
  EXPECT_TRUE(FindsTheSame(folder, many + "],\"assay\":{\"a\":1}}\n"));
  EXPECT_FALSE(FindsTheSame(folder, many + ",],\"assay\":{\"a\":1}}\n"));
  for (std::size_t size = 262144 - 40; size < 262144 + 8; ++size) {
    const std::string filler(size, 'x');
    EXPECT_TRUE(FindsTheSame(folder, "{\"a\":[\"" + filler + "\",123],\"assay\":12345}")) << size;
    EXPECT_TRUE(FindsTheSame(folder, "{\"a\":\"" + filler + "\",\"b\":[true,null],\"assay\":[1]}")) << size;
  }
}

TEST(ReadMember, OfWhatChangesMakeOfItIsTheSame) {
  const ExampleRun folder;
  const std::string text = base::ReadFile(ExampleDirectory() / "run.json").value();
  Changer changer(5);
  int found = 0;
  constexpr int kTexts = 2000;
  for (int i = 0; i < kTexts; ++i) {
    found += FindsTheSame(folder, changer.Change(text, text)) ? 1 : 0;
    ASSERT_FALSE(HasFailure()) << i;
  }
  EXPECT_GT(found, kTexts / 50);
  EXPECT_LT(found, kTexts - kTexts / 50);
}

}  // namespace
}  // namespace assay::run
