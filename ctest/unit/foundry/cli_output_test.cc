// SPDX-License-Identifier: MIT
// What the foundry command prints (foundry-facts 1.5), as it was observed and in malformed forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/foundry/cli.h"

namespace assay::foundry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ServerStatus Status(std::string_view output) {
  const base::Result<ServerStatus> status = ParseServerStatus(output);
  EXPECT_TRUE(status.ok()) << status.error().Message();
  return status.ok() ? *status : ServerStatus{};
}

TEST(ServerStatus, ReadsARunningServer) {
  const ServerStatus status =
      Status(R"({"running":true,"state":"ready","pid":2828,"webUrls":["http://127.0.0.1:58082"],"new":{}})");
  EXPECT_TRUE(status.running);
  EXPECT_THAT(status.urls, ElementsAre("http://127.0.0.1:58082"));
}

TEST(ServerStatus, ReadsAStoppedServer) {
  const ServerStatus status = Status(R"({"running":false,"state":"initializing"})");
  EXPECT_FALSE(status.running);
  EXPECT_THAT(status.urls, IsEmpty());
}

// It was seen to say so while it served: the URL is kept for whoever probes it.
TEST(ServerStatus, KeepsTheUrlOfAServerThatSaysItIsNotRunning) {
  const ServerStatus status = Status(R"({"running":false,"webUrls":["http://127.0.0.1:5273"]})");
  EXPECT_FALSE(status.running);
  EXPECT_THAT(status.urls, ElementsAre("http://127.0.0.1:5273"));
}

TEST(ServerStatus, SkipsLogLinesBeforeTheJson) {
  const char* noise[] = {"info: starting\n", "\xF0\x9F\x9F\xA2 Foundry Local\r\n\r\n", "{not json} warning\n",
                         "[2026-07-27] {\"a\":1}\nstate {\n", "{\n"};
  for (const std::string before : noise) {
    EXPECT_THAT(Status(before + R"({"running":true,"webUrls":["http://h:1"]})" + "\n").urls, ElementsAre("http://h:1"))
        << before;
  }
}

TEST(ServerStatus, ReadsPrettyJson) {
  EXPECT_THAT(Status("log\n{\n  \"running\": true,\n  \"webUrls\": [\n    \"http://h:1\"\n  ]\n}\n").urls,
              ElementsAre("http://h:1"));
}

TEST(ServerStatus, TakesOddKindsForAbsent) {
  const ServerStatus status = Status(R"({"running":"yes","webUrls":[1,null,"http://h:1"]})");
  EXPECT_FALSE(status.running);
  EXPECT_THAT(status.urls, ElementsAre("http://h:1"));
  EXPECT_THAT(Status(R"({"webUrls":"http://h:1"})").urls, IsEmpty());
  EXPECT_THAT(Status(R"({"webUrls":null})").urls, IsEmpty());
}

TEST(ServerStatus, WithoutJsonSaysWhatWasPrinted) {
  for (const char* output : {"", "hello", "{\"running\":true", "[]", "{\"other\":1}"}) {
    const base::Result<ServerStatus> status = ParseServerStatus(output);
    ASSERT_FALSE(status.ok()) << output;
    EXPECT_EQ(status.error().code, base::ErrorCode::kProtocol);
  }
  EXPECT_THAT(ParseServerStatus("\x1b[31merror: Unknown command: 'server'").error().what,
              HasSubstr("\\x1B[31merror: Unknown command"));
}

// The text form of 0.10.2, verbatim.
TEST(ServerStatus, ReadsTheTextForm) {
  const ServerStatus status = Status(
      "State    Ready\nPID      29056\nStarted  2026-07-27 05:17:06Z\nUptime   48m 44s\n"
      "Web URLs http://127.0.0.1:52364\n");
  EXPECT_TRUE(status.running);
  EXPECT_EQ(status.pid, 29056);
  EXPECT_THAT(status.urls, ElementsAre("http://127.0.0.1:52364"));
  EXPECT_FALSE(Status("State    Stopped\r\n").running);
  EXPECT_FALSE(Status("Foundry Local server is not running.\n").running);
}

TEST(ServerStatus, ReadsThePid) {
  EXPECT_EQ(Status(R"({"running":true,"pid":2828})").pid, 2828);
  EXPECT_EQ(Status(R"({"running":true,"pid":"2828"})").pid, std::nullopt);
  EXPECT_EQ(Status(R"({"running":true,"pid":-1})").pid, std::nullopt);
  EXPECT_EQ(Status(R"({"running":true})").pid, std::nullopt);
}

TEST(ServerStatus, TakesTheLastObjectThatIsAStatus) {
  const char* status = R"({"running":true,"webUrls":["http://h:2"]})";
  const std::string noise[][2] = {{R"({"running":true,"webUrls":["http://h:1"]})"
                                   "\n",
                                   ""},
                                  {"", "\n{\"level\":\"info\",\"text\":\"done\"}\n"},
                                  {"", "\nclosing { handles }\n{\n"},
                                  {"trace { a ", "\n}"},
                                  {"\xEF\xBB\xBF\x1b[32m", "\x1b[0m\r\n"},
                                  {"status: ", " (cached)"}};
  for (const auto& [before, after] : noise) {
    EXPECT_THAT(Status(before + status + after).urls, ElementsAre("http://h:2")) << before << after;
  }
}

// 200 kB of open braces would take minutes if they were read over and over.
TEST(ServerStatus, IsReadInTimeOutOfMuchNoise) {
  const std::string status = R"({"running":true,"webUrls":["http://h:1"]})";
  EXPECT_THAT(Status(std::string(200'000, '{') + "\n" + status).urls, ElementsAre("http://h:1"));
  std::string quotes;
  for (int i = 0; i < 50'000; ++i) quotes += "{\"";
  static_cast<void>(ParseServerStatus(quotes + "\n" + status));  // whatever it says, it says it
}

TEST(ServerStatus, KeepsSchemeHostAndPortOfWhatCanBeReached) {
  EXPECT_THAT(
      Status(
          R"({"webUrls":["http://0.0.0.0:1/x","http://[::]:2","http://*:3","http://+:4/","http://127.0.0.1:0","http://127.0.0.1:1"]})")
          .urls,
      ElementsAre("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3", "http://127.0.0.1:4"));
}

// Boxed tables change with every version; the same facts come as JSON.
TEST(ServerStatus, DoesNotReadBoxedTables) {
  EXPECT_FALSE(ParseServerStatus("\u250C\u2500\u2510\n\u2502 State \u2502 Ready \u2502\n\u2502 Web URLs \u2502 "
                                 "http://127.0.0.1:5273 \u2502\n")
                   .ok());
}

ServerStatus Service(std::string_view output) {
  const base::Result<ServerStatus> status = ParseServiceStatus(output);
  EXPECT_TRUE(status.ok()) << status.error().Message();
  return status.ok() ? *status : ServerStatus{};
}

// The lines of foundry-facts 1.2, verbatim.
TEST(ServiceStatus, ReadsARunningService) {
  for (const char* output :
       {"\U0001F7E2 Model management service is running on http://localhost:5273/openai/status\n",
        "\x1b[32m\U0001F7E2 Model management service is running on http://localhost:5273/openai/status\x1b[0m\r\n",
        "\U0001F7E2 Model management service is running on http://localhost:5273/openai/status\n"
        "EP autoregistration status: Successfully downloaded and registered the following EPs: QNNExecutionProvider.\n"
        "Valid EPs: CPUExecutionProvider, QNNExecutionProvider\n",
        "\U0001F7E2 Service is already running on http://localhost:5273/.\n"}) {
    const ServerStatus status = Service(output);
    EXPECT_TRUE(status.running) << output;
    EXPECT_THAT(status.urls, ElementsAre("http://localhost:5273")) << output;
    EXPECT_EQ(status.pid, std::nullopt);
  }
}

TEST(ServiceStatus, ReadsAServiceThatIsNotRunning) {
  for (const char* output : {"\U0001F534 Model management service is not running!\n"
                             "To start the service, run the following command: foundry service start\n",
                             "Exception: Request to local service failed. Uri:http://127.0.0.1:54150/openai/status\n"
                             "An error occurred while sending the request.\n"
                             "Please check service status with 'foundry service status'.\n",
                             "\U0001F7E2 Model management service is running on http://127.0.0.1:0/openai/status\n"}) {
    const ServerStatus status = Service(output);
    EXPECT_FALSE(status.running) << output;
    EXPECT_THAT(status.urls, IsEmpty()) << output;
  }
}

TEST(ServiceStatus, ReadsWhatAStartPrints) {
  const ServerStatus status = Service("\U0001F7E2 Service is Started on http://127.0.0.1:64646/, PID 17000!\n");
  EXPECT_TRUE(status.running);
  EXPECT_THAT(status.urls, ElementsAre("http://127.0.0.1:64646"));
  EXPECT_EQ(status.pid, 17000);
}

// Servers of macOS builds log to the same stream, with an address of their own (#28).
TEST(ServiceStatus, PrefersTheLineThatSaysWhereItRuns) {
  const std::string log =
      "info: Microsoft.Hosting.Lifetime[14]\n      Now listening on: http://localhost:5272\n"
      "Failed setting process priority to AboveNormal\n";
  const std::string running = "\U0001F7E2 Model management service is running on http://localhost:5273/openai/status\n";
  EXPECT_THAT(Service(log + running).urls, ElementsAre("http://localhost:5273"));
  EXPECT_THAT(Service(running + log).urls, ElementsAre("http://localhost:5273"));
  const ServerStatus only_log = Service(log);
  EXPECT_FALSE(only_log.running);
  EXPECT_THAT(only_log.urls, ElementsAre("http://localhost:5272")) << "for whoever probes it";
}

TEST(ServiceStatus, WithoutAWordAboutItSaysWhatWasPrinted) {
  for (const char* output : {"", "hello\n", "Uri: http://127.0.0.1:0/foundry/list\n"}) {
    const auto status = ParseServiceStatus(output);
    ASSERT_FALSE(status.ok()) << output;
    EXPECT_EQ(status.error().code, base::ErrorCode::kProtocol);
  }
}

TEST(FindUrls, KeepsSchemeHostAndPort) {
  EXPECT_THAT(FindUrls("on http://127.0.0.1:64646/, PID 1! and https://example.org/x?y. HTTP://[::1]:80/v1"),
              ElementsAre("http://127.0.0.1:64646", "https://example.org", "HTTP://[::1]:80"));
  EXPECT_THAT(FindUrls("http://a:1 http://a:1/ http://a:2"), ElementsAre("http://a:1", "http://a:2"));
  EXPECT_THAT(FindUrls("see http://example.org."), ElementsAre("http://example.org"));
  EXPECT_THAT(FindUrls("Uri:http://127.0.0.1:54150/openai/status"), ElementsAre("http://127.0.0.1:54150"));
}

TEST(FindUrls, TakesNothingElse) {
  EXPECT_THAT(FindUrls("http http: http:// https:///x xhttp://a ftp://b http://user:secret@host:1 http://u:1@h "
                       "http://h:99999 http://h:x http://[::1 http://h:"),
              IsEmpty());
}

TEST(FindPid, ReadsBothForms) {
  EXPECT_EQ(FindPid("Service is Started on http://127.0.0.1:64646/, PID 17000!"), 17000);
  EXPECT_EQ(FindPid("State    Ready\nPID      29056\n"), 29056);
  EXPECT_EQ(FindPid("pid: 5"), 5);
  for (const char* text : {"", "PID", "PID x", "rapid 5", "PID5", "PID -5", "PID 0", "PID 99999999999999999999"}) {
    EXPECT_EQ(FindPid(text), std::nullopt) << text;
  }
}

TEST(ParsePercent, ReadsWhateverDrawsIt) {
  const std::pair<const char*, double> table[] = {
      {"[####################################] 100.00 % [Time remaining: about 0s]        16.2 MB/s", 100.0},
      {"Total 45.67% Downloading model.onnx.data", 45.67},
      {"WebGpuExecutionProvider \u2501\u2501\u2501 0% \u280B", 0.0},
      {"Downloading...45%", 45.0},
      {"45,5 %", 45.5},
      {"\x1b[32m12.5%\x1b[0m", 12.5},
      {"1%\r2%\r3%", 3.0}};
  for (const auto& [line, percent] : table) {
    ASSERT_TRUE(ParsePercent(line)) << line;
    EXPECT_DOUBLE_EQ(*ParsePercent(line), percent) << line;
  }
  for (const char* line : {"", "%", " %", "done", "100", "101%", "1.2.3%", "% 5", "five %"}) {
    EXPECT_EQ(ParsePercent(line), std::nullopt) << line;
  }
}

std::vector<Variant> Table(std::string_view output) {
  const base::Result<std::vector<Variant>> variants = ParseModelTable(output);
  EXPECT_TRUE(variants.ok()) << variants.error().Message();
  return variants.ok() ? *variants : std::vector<Variant>{};
}

// The rows of foundry-facts 1.2, under their header; sizes are 3.13, 2.10 and 2.16 times 1024, rounded.
TEST(ModelTable, ReadsAnObservedTable) {
  const std::vector<Variant> rows = Table(
      "\U0001F551 Downloading complete!...\n[22:34:35 ERR] Failed to process model #0 on page 1.\n"
      "Alias                          Device     Task           File Size    License      Model ID\n"
      "-----------------------------------------------------------------------------------------------\n"
      "qwen3.5-2b                     GPU        vision-language-chat, tools 3.13 GB      apache-2.0   "
      "qwen3.5-2b-cuda-gpu:2\r\n"
      "                               CPU        vision-language-chat, tools 2.10 GB      apache-2.0   "
      "qwen3.5-2b-generic-cpu:2\n"
      "-----------------------------------------------------------------------------------------------\n"
      "phi-3.5-mini                   GPU        chat           2.16 GB      MIT          "
      "Phi-3.5-mini-instruct-generic-gpu:1\n");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].id, "qwen3.5-2b-cuda-gpu:2");
  EXPECT_EQ(rows[0].alias, "qwen3.5-2b");
  EXPECT_EQ(rows[0].device, "gpu");
  EXPECT_EQ(rows[0].task, "vision-language-chat, tools");
  EXPECT_EQ(rows[0].size_mib, 3205);
  EXPECT_EQ(rows[0].license, "apache-2.0");
  EXPECT_EQ(rows[0].cached, std::nullopt);
  EXPECT_EQ(rows[1].id, "qwen3.5-2b-generic-cpu:2");
  EXPECT_EQ(rows[1].alias, "qwen3.5-2b") << "a blank continues the alias above";
  EXPECT_EQ(rows[1].device, "cpu");
  EXPECT_EQ(rows[1].size_mib, 2150);
  EXPECT_EQ(rows[2].alias, "phi-3.5-mini");
  EXPECT_EQ(rows[2].size_mib, 2212);
  EXPECT_EQ(rows[2].license, "MIT");
}

TEST(ModelTable, TakesSmallSizesAndLicencesOfSeveralWords) {
  const std::vector<Variant> rows = Table(
      "Alias  Device  Task  File Size  License  Model ID\n"
      "tiny   NPU     chat  822.00 MB  Llama 3.2 Community  tiny-qnn-npu:1\n");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].size_mib, 822);
  EXPECT_EQ(rows[0].license, "Llama 3.2 Community");
  EXPECT_EQ(rows[0].device, "npu");
}

TEST(ModelTable, ABlankBehindALineContinuesNothing) {
  const std::vector<Variant> rows = Table(
      "Alias  Device  Task  File Size  License  Model ID\n"
      "a      CPU     chat  1.00 GB    MIT      a-cpu:1\n-----\n"
      "       CPU     chat  1.00 GB    MIT      b-cpu:1\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].alias, std::nullopt);
}

TEST(ModelTable, SkipsWhatIsNoRow) {
  EXPECT_THAT(Table("Alias  Device  Task  File Size  License  Model ID\n\nnoise\na CPU\nb XPU chat 1 GB MIT b:1\n"
                    "c CPU chat big MIT c:1\nd CPU chat 1 GB\n"),
              IsEmpty());
}

TEST(ModelTable, WithoutItsHeaderIsNoTable) {
  for (const char* output : {"", "phi GPU chat 2.16 GB MIT phi-gpu:1\n",
                             "\u250C\u2500\u2510\n\u2502 Alias \u2502 Size \u2502 Device \u2502 Model ID \u2502\n"}) {
    EXPECT_EQ(ParseModelTable(output).error().code, base::ErrorCode::kProtocol) << output;
  }
}

std::vector<Variant> List(std::string_view output) {
  const base::Result<std::vector<Variant>> variants = ParseModelList(output);
  EXPECT_TRUE(variants.ok()) << variants.error().Message();
  return variants.ok() ? *variants : std::vector<Variant>{};
}

// The row of foundry-facts 1.5, with one line of a log before it.
TEST(ModelList, ReadsAnObservedRow) {
  const std::vector<Variant> variants = List(
      "Using cached catalog\n"
      R"({"models":[{"alias":"phi-4-mini","id":"Phi-4-mini-instruct-generic-gpu:5",)"
      R"("displayName":"Phi-4-mini-instruct-generic-gpu","type":"Chat","device":"Gpu","fileSizeMb":3809,)"
      R"("cached":false,"license":"MIT","supportsToolCalling":true}]})");
  ASSERT_EQ(variants.size(), 1U);
  EXPECT_EQ(variants[0].id, "Phi-4-mini-instruct-generic-gpu:5");
  EXPECT_EQ(variants[0].alias, "phi-4-mini");
  EXPECT_EQ(variants[0].device, "gpu");
  EXPECT_EQ(variants[0].size_mib, 3809);
  EXPECT_EQ(variants[0].license, "MIT");
  EXPECT_EQ(variants[0].cached, false);
  EXPECT_EQ(variants[0].execution_provider, std::nullopt);  // not stated: absent
}

TEST(ModelList, ReadsVariantsWhereTheyAreListed) {
  const std::vector<Variant> variants = List(
      R"({"variants":[{"id":"a-cpu:1","executionProvider":"CPUExecutionProvider","cached":true},{"id":"b-npu:2","device":"Npu"}]})");
  ASSERT_EQ(variants.size(), 2U);
  EXPECT_EQ(variants[0].execution_provider, "CPUExecutionProvider");
  EXPECT_EQ(variants[0].cached, true);
  EXPECT_EQ(variants[0].alias, std::nullopt);
  EXPECT_EQ(variants[1].device, "npu");
}

// `type` of the command is the task where no task is stated.
TEST(ModelList, ReadsTheTask) {
  const std::vector<Variant> variants =
      List(R"({"models":[{"id":"a","type":"Speech"},{"id":"b","type":"Chat","task":"chat-completion"},{"id":"c"}]})");
  ASSERT_EQ(variants.size(), 3U);
  EXPECT_EQ(variants[0].task, "Speech");
  EXPECT_EQ(variants[1].task, "chat-completion");
  EXPECT_EQ(variants[2].task, std::nullopt);
}

TEST(ModelList, AnEmptyListIsAnAnswer) { EXPECT_THAT(List(R"({"models":[]})"), IsEmpty()); }

TEST(ModelList, TakesOddKindsForAbsent) {
  const std::vector<Variant> variants =
      List(R"({"models":[{"id":"a","alias":null,"device":7,"fileSizeMb":"12","cached":"yes","license":""},)"
           R"({"id":"b","fileSizeMb":12.75},{"id":"c","fileSizeMb":1e300},{"id":"d","fileSizeMb":-1}]})");
  ASSERT_EQ(variants.size(), 4U);
  EXPECT_EQ(variants[0].alias, std::nullopt);
  EXPECT_EQ(variants[0].device, std::nullopt);
  EXPECT_EQ(variants[0].size_mib, std::nullopt);
  EXPECT_EQ(variants[0].cached, std::nullopt);
  EXPECT_EQ(variants[0].license, std::nullopt);
  EXPECT_EQ(variants[1].size_mib, 12);
  EXPECT_EQ(variants[2].size_mib, std::nullopt);
  EXPECT_EQ(variants[3].size_mib, std::nullopt);
}

TEST(ModelList, RefusesWhatIsNoList) {
  for (const char* output : {"", "{}", R"({"models":{}})", R"({"models":[{"alias":"a"}]})", R"({"models":["a"]})",
                             R"({"variants":[{"id":""}]})", R"({"models":[null]})"}) {
    const base::Result<std::vector<Variant>> variants = ParseModelList(output);
    ASSERT_FALSE(variants.ok()) << output;
    EXPECT_EQ(variants.error().code, base::ErrorCode::kProtocol);
  }
}

}  // namespace
}  // namespace assay::foundry
