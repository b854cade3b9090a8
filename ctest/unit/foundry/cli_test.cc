// SPDX-License-Identifier: MIT
// The command as a child process: which dialect it speaks, what is asked of it and what becomes of its answers. The
// child is stub_foundry; its texts are those of foundry-facts 1.2 and 1.5.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/foundry/cli.h"

namespace assay::foundry {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kSoon = std::chrono::seconds(20);  // no passing test waits for it

constexpr const char* kReady = R"({"running":true,"state":"ready","pid":2828,"webUrls":["http://127.0.0.1:58082"]})";
constexpr const char* kUnknownServer = "error: Unknown command: 'server'\nHint: Did you mean 'service'?\n";
constexpr const char* kUnknownService =
    "error: Unknown command: 'service'\nHint: Did you mean 'server'? Run 'foundry --help' to see available commands.\n";
constexpr const char* kG1Running =
    "\xF0\x9F\x9F\xA2 Model management service is running on http://localhost:5273/openai/status\n";
constexpr const char* kG1Stopped =
    "\xF0\x9F\x94\xB4 Model management service is not running!\n"
    "To start the service, run the following command: foundry service start\n";

bool EndsSoon(std::int64_t pid) {
  const base::Moment until = std::chrono::steady_clock::now() + kSoon;
  while (process::IsRunning(pid)) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

// DOTNET_ENVIRONMENT as a developer sets it, in this process while the object lives.
class DevelopersEnvironment {
 public:
#ifdef _WIN32
  DevelopersEnvironment() { _putenv_s("DOTNET_ENVIRONMENT", "Development"); }
  ~DevelopersEnvironment() { _putenv_s("DOTNET_ENVIRONMENT", ""); }
#else
  DevelopersEnvironment() { ::setenv("DOTNET_ENVIRONMENT", "Development", 1); }
  ~DevelopersEnvironment() { ::unsetenv("DOTNET_ENVIRONMENT"); }
#endif
  DevelopersEnvironment(const DevelopersEnvironment&) = delete;
  DevelopersEnvironment& operator=(const DevelopersEnvironment&) = delete;
};

class CliTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = base::TemporaryDirectory::Create("assay-cli-test");
    ASSERT_TRUE(folder.ok()) << folder.error().Message();
    folder_.emplace(std::move(folder).value());
  }

  void Write(const std::string& name, const std::string& content) {
    const base::Status written = base::WriteFileAtomically(folder_->path() / name, content);
    ASSERT_TRUE(written.ok()) << written.error().Message();
  }
  // What the command answers to `call`.
  void Answer(const std::string& call, const std::string& out, int exit_code = 0, const std::string& err = "") {
    Write(call + ".out", out);
    Write(call + ".err", err);
    Write(call + ".exit", std::to_string(exit_code));
  }
  void AnswerAsServer() {
    Answer("default", "", 2, kUnknownService);
    Answer("server status -o json", kReady);
  }
  void AnswerAsService() {
    Answer("default", "", 2, kUnknownServer);
    Answer("service status", kG1Running);
  }

  base::Result<Cli> Probe() {
    return Cli::Probe(ASSAY_STUB_FOUNDRY, {{"FOUNDRY_STUB", base::ToUtf8(folder_->path())}});
  }
  Cli Probed() {
    base::Result<Cli> cli = Probe();
    EXPECT_TRUE(cli.ok()) << cli.error().Message();
    return std::move(cli).value();
  }
  std::vector<std::string> Calls() {
    const base::Result<std::string> calls = base::ReadFile(folder_->path() / "calls");
    std::vector<std::string> lines = base::Split(calls.ok() ? *calls : "", '\n');
    std::erase(lines, "");
    return lines;
  }

  std::optional<base::TemporaryDirectory> folder_;
};

TEST_F(CliTest, KnowsTheServerDialectWhateverTheStateOfTheServer) {
  for (const std::string& status :
       {std::string(kReady), std::string(R"({"running":false,"state":"initializing"})"),
        "info: starting {\n" + std::string(kReady) + "\r\nbye {}\n", std::string("State    Stopped\n")}) {
    Answer("default", "", 2, kUnknownService);
    Answer("server status -o json", status);
    const base::Result<Cli> cli = Probe();
    ASSERT_TRUE(cli.ok()) << cli.error().Message();
    EXPECT_EQ(cli->dialect(), CliDialect::kServer) << status;
    EXPECT_TRUE(cli->Words("start").ends_with(" server start")) << cli->Words("start");
  }
  for (const std::string& call : Calls()) EXPECT_THAT(call, HasSubstr("server status -o json"));
}

// 0.10.3 ends with 2, 0.10.2 prints other words, 0.8 is a System.CommandLine program.
TEST_F(CliTest, KnowsTheServiceDialectByTheUnknownVerb) {
  const struct {
    const char* err;
    int exit_code;
  } table[] = {{kUnknownServer, 2},
               {"", 2},
               {"\xE2\x97\x8F error: Unrecognized command or argument 'server'.\nHint: Run 'foundry --help'\n", 1},
               {"'server' was not matched. Did you mean one of the following?\nservice\nRequired command was not "
                "provided.\nUnrecognized command or argument 'server'.\nUnrecognized command or argument '-o'.\n",
                1}};
  for (const auto& row : table) {
    for (const char* status : {kG1Running, kG1Stopped}) {
      Answer("default", "", row.exit_code, row.err);
      Answer("service status", status);
      const base::Result<Cli> cli = Probe();
      ASSERT_TRUE(cli.ok()) << cli.error().Message();
      EXPECT_EQ(cli->dialect(), CliDialect::kService);
      EXPECT_TRUE(cli->Words("status").ends_with(" service status"));
    }
  }
}

TEST_F(CliTest, AServiceStatusThatFailsIsStillTheServiceDialect) {
  AnswerAsService();
  Answer("service status", kG1Stopped, 1);
  EXPECT_EQ(Probed().dialect(), CliDialect::kService);
  Answer("service status",
         "Exception: Request to local service failed. Uri:http://127.0.0.1:54150/openai/status\n"
         "An error occurred while sending the request.\nPlease check service status with 'foundry service status'.\n",
         1);
  EXPECT_EQ(Probed().dialect(), CliDialect::kService);
}

TEST_F(CliTest, AServerThatFailsIsStillTheServerDialect) {
  AnswerAsServer();
  Answer("server status -o json", "", 1, "error: IPC error 'op_handler_failed'\n");
  EXPECT_EQ(Probed().dialect(), CliDialect::kServer);
}

TEST_F(CliTest, AServerThatKnowsNoJsonIsAskedForText) {
  AnswerAsServer();
  Answer("server status -o json", "", 2, "error: Unrecognized command or argument '-o'.\n");
  Answer("server status", "State    Ready\nPID      29056\nWeb URLs http://127.0.0.1:52364\n");
  const Cli cli = Probed();
  ASSERT_EQ(cli.dialect(), CliDialect::kServer);
  const auto status = cli.Status();
  ASSERT_TRUE(status.ok()) << status.error().Message();
  EXPECT_TRUE(status->running);
  EXPECT_EQ(status->pid, 29056);
  EXPECT_THAT(status->urls, ElementsAre("http://127.0.0.1:52364"));
}

TEST_F(CliTest, AnotherProgramOfThatNameSpeaksNeither) {
  const struct {
    const char* out;
    int exit_code;
  } table[] = {{"", 0}, {"", 1}, {"hello world\n", 0}, {"Unknown command\n", 2}};
  for (const auto& row : table) {
    Answer("default", row.out, row.exit_code);
    const base::Result<Cli> cli = Probe();
    ASSERT_FALSE(cli.ok()) << row.out << row.exit_code;
    EXPECT_EQ(cli.error().code, base::ErrorCode::kUnavailable);
    EXPECT_THAT(cli.error().what, AllOf(HasSubstr("server status"), HasSubstr("service status")));
  }
}

TEST_F(CliTest, WithoutTheProgramThereIsNoDialect) {
  EXPECT_EQ(Cli::Probe(base::ToUtf8(folder_->path() / "no-such-foundry")).error().code, base::ErrorCode::kNotFound);
}

// "Development" in it keeps the service from starting.
TEST_F(CliTest, ChildrenDoNotSeeADevelopersEnvironment) {
  const DevelopersEnvironment environment;
  AnswerAsServer();
  Answer("server start --idle-timeout 60", "started\n");
  const Cli cli = Probed();
  ASSERT_TRUE(cli.Status().ok());
  const auto attempt = cli.BeginStart(folder_->path());
  ASSERT_TRUE(attempt.ok()) << attempt.error().Message();
  ASSERT_TRUE(EndsSoon(attempt->pid));
  const std::vector<std::string> calls = Calls();
  ASSERT_EQ(calls.size(), 3U);
  for (const std::string& call : calls) {
    // Windows has no empty variables.
    EXPECT_TRUE(call.ends_with(" []") || call.ends_with(" [unset]")) << call;
  }
}

TEST_F(CliTest, ReadsTheStatusOfTheService) {
  AnswerAsService();
  const auto status = Probed().Status();
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(status->running);
  EXPECT_THAT(status->urls, ElementsAre("http://localhost:5273"));
}

TEST_F(CliTest, AStatusNobodyUnderstandsSaysWhatWasPrinted) {
  AnswerAsServer();
  const Cli cli = Probed();
  Answer("server status -o json", "oops\n", 3, "error: \x1b[31mbroken\n");
  Answer("server status", "oops\n", 3, "error: \x1b[31mbroken\n");
  const auto status = cli.Status();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().what, AllOf(HasSubstr("exit code 3"), HasSubstr("oops | error: broken")));
  EXPECT_THAT(status.error().where, HasSubstr("server status"));
}

TEST_F(CliTest, ListsVariantsAndLeavesOutWhatCannotChat) {
  AnswerAsServer();
  Answer("model list --variants -o json",
         R"({"variants":[{"id":"a-cpu:1","type":"Chat"},{"id":"w-cpu:1","type":"Speech"},{"id":"b-cpu:1"}]})");
  const auto rows = Probed().ListVariants();
  ASSERT_TRUE(rows.ok()) << rows.error().Message();
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].id, "a-cpu:1");
  EXPECT_EQ((*rows)[1].id, "b-cpu:1");
}

TEST_F(CliTest, WithoutVariantsTheShortListIsTaken) {
  AnswerAsServer();
  Answer("model list --variants -o json", "", 1, "error: Unrecognized command or argument '--variants'.\n");
  Answer("model list -o json", R"({"models":[{"id":"a-cpu:1"}]})");
  const Cli cli = Probed();
  const auto rows = cli.ListVariants();
  ASSERT_TRUE(rows.ok()) << rows.error().Message();
  EXPECT_EQ(rows->size(), 1U);
  Answer("model list -o json", "", 1, "error: no catalog\n");
  EXPECT_THAT(cli.ListVariants().error().what, HasSubstr("'--variants'")) << "the first reason";
}

TEST_F(CliTest, ListsTheTableOfTheService) {
  AnswerAsService();
  Answer("model list",
         "[22:34:35 ERR] Failed to process model #0 on page 1.\n"
         "Alias                          Device     Task           File Size    License      Model ID\n"
         "phi-3.5-mini                   GPU        chat           2.16 GB      MIT          Phi-3.5-gpu:1\n");
  const Cli cli = Probed();
  const auto rows = cli.ListVariants();
  ASSERT_TRUE(rows.ok()) << rows.error().Message();
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].id, "Phi-3.5-gpu:1");
  Answer("model list", "Exception: No models were returned from the Azure Foundry catalog.\n");
  EXPECT_THAT(cli.ListVariants().error().what, HasSubstr("No models were returned"));
}

TEST_F(CliTest, LoadsAndUnloads) {
  AnswerAsServer();
  Answer("model load a-cpu_1", "loaded\n");
  Answer("model unload a-cpu_1", "");
  const Cli cli = Probed();
  EXPECT_TRUE(cli.Load("a-cpu:1", kSoon, {}).ok());
  EXPECT_TRUE(cli.Unload("a-cpu:1", kSoon).ok());
  EXPECT_THAT(Calls(), AllOf(Contains(HasSubstr("model load a-cpu:1")), Contains(HasSubstr("model unload a-cpu:1"))));
}

// It was seen to go on long after the model was up.
TEST_F(CliTest, ALoadEndsWhenTheModelIsLoaded) {
  AnswerAsServer();
  Answer("model load a_1", "Loading model...\n");
  Write("model load a_1.stay", "");
  const Cli cli = Probed();
  int asked = 0;
  const base::Moment start = std::chrono::steady_clock::now();
  const base::Status loaded = cli.Load("a:1", std::chrono::seconds(50), [&] { return ++asked > 1; });
  EXPECT_TRUE(loaded.ok()) << loaded.error().Message();
  EXPECT_GE(asked, 2);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(45));
}

TEST_F(CliTest, AFailedLoadKeepsTheServicesWords) {
  AnswerAsService();
  Answer("model load a_1",
         "\xF0\x9F\x95\x94 Loading model...\n"
         "Exception: Failed: Loading model a:1 from http://localhost:5273/openai/load/a:1?ttl=600&ep=cuda\n"
         "Internal Server Error\nFailed loading model a:1\nBFCArena: Failed to allocate memory\n"
         "   at A()\n   at B()\n   at C()\n   at D()\n   at E()\n   at F()\n",
         0);
  const base::Status loaded = Probed().Load("a:1", kSoon, {});
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::ErrorCode::kUnavailable);
  EXPECT_TRUE(IsOutOfMemory(loaded.error())) << loaded.error().what;
}

TEST_F(CliTest, DownloadsWithProgress) {
  AnswerAsServer();
  Answer("model download a_1",
         "\xE2\x96\xA0 Downloading model (a:1, 2.0 GB)\r\n\x1b[32m10.5%\x1b[0m\r 50 % 3 MB/s\r100.00 % done\n");
  std::vector<double> percents;
  std::vector<std::string> lines;
  const base::Status done =
      Probed().Download("a:1", kSoon, [&](std::optional<double> percent, const std::string& line) {
        if (percent) percents.push_back(*percent);
        lines.push_back(line);
      });
  ASSERT_TRUE(done.ok()) << done.error().Message();
  EXPECT_THAT(percents, ElementsAre(10.5, 50.0, 100.0));
  EXPECT_THAT(lines,
              ElementsAre("\xE2\x96\xA0 Downloading model (a:1, 2.0 GB)", "10.5%", "50 % 3 MB/s", "100.00 % done"));
}

TEST_F(CliTest, AFailedDownloadSaysWhy) {
  AnswerAsServer();
  Answer("model download a_1", "Downloading\n", 1,
         "\xE2\x97\x8F error: IPC error 'op_handler_failed': Error downloading model a:1\n");
  const base::Status done = Probed().Download("a:1", kSoon, {});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(done.error().what, AllOf(HasSubstr("exit code 1"), HasSubstr("Error downloading model a:1")));
}

TEST_F(CliTest, StopsWithTheDialectsVerb) {
  AnswerAsServer();
  Answer("server stop", "");
  EXPECT_TRUE(Probed().Stop(kSoon).ok());
  AnswerAsService();
  Answer("server status -o json", "", 2, kUnknownServer);
  Answer("service stop", "Exception: \xF0\x9F\x94\xB4 Failed to stop service!\n\xF0\x9F\x94\xB4 Service is stopped.\n");
  const base::Status stopped = Probed().Stop(kSoon);
  ASSERT_FALSE(stopped.ok());
  EXPECT_THAT(stopped.error().what, HasSubstr("Failed to stop service!"));
}

// A daemon that somebody forgot ends by itself.
TEST_F(CliTest, StartsWithAnIdleTimeoutAndComesBackAtOnce) {
  AnswerAsServer();
  Answer("server start --idle-timeout 60", "\xE2\x96\xA0 Starting Foundry Local server\n");
  Write("server start --idle-timeout 60.stay", "");
  const Cli cli = Probed();
  const base::Moment start = std::chrono::steady_clock::now();
  const auto attempt = cli.BeginStart(folder_->path() / "logs");
  ASSERT_TRUE(attempt.ok()) << attempt.error().Message();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  EXPECT_TRUE(process::IsRunning(attempt->pid));
  EXPECT_EQ(cli.EndStart(*attempt), "\xE2\x96\xA0 Starting Foundry Local server");
  EXPECT_FALSE(process::IsRunning(attempt->pid));
}

TEST_F(CliTest, StartsWithoutAnIdleTimeoutWhereThereIsNone) {
  AnswerAsServer();
  Answer("server start --idle-timeout 60", "", 1, "error: Unrecognized command or argument '--idle-timeout'.\n");
  Answer("server start", "started\n\x1b[31mnothing more\x07\n");
  const Cli cli = Probed();
  const auto attempt = cli.BeginStart(folder_->path());
  ASSERT_TRUE(attempt.ok()) << attempt.error().Message();
  ASSERT_TRUE(EndsSoon(attempt->pid));
  EXPECT_EQ(cli.EndStart(*attempt), "started | nothing more\\x07");
  EXPECT_THAT(Calls(), Contains(::testing::StartsWith("server start [")));
}

TEST_F(CliTest, TheServiceIsStartedWithoutOptions) {
  AnswerAsService();
  Answer("service start", "");
  const Cli cli = Probed();
  const auto attempt = cli.BeginStart(folder_->path());
  ASSERT_TRUE(attempt.ok()) << attempt.error().Message();
  ASSERT_TRUE(EndsSoon(attempt->pid));
  EXPECT_EQ(cli.EndStart(*attempt), "it printed nothing");
  EXPECT_THAT(Calls(), Contains(::testing::StartsWith("service start [")));
}

TEST_F(CliTest, ReadsItsVersion) {
  const std::pair<const char*, const char*> table[] = {{"0.11.0\n", "0.11.0"},
                                                       {"0.6.87+e69a6c3d2b\r\n", "0.6.87+e69a6c3d2b"},
                                                       {"[22:34:35 WRN] catalog 2.0 is slow\n\n0.10.2\n", "0.10.2"},
                                                       {"\x1b[1mfoundry 0.10.0+174be11\x1b[0m\n", "0.10.0+174be11"}};
  AnswerAsServer();
  const Cli cli = Probed();
  for (const auto& [out, version] : table) {
    Answer("--version", out);
    const auto read = cli.Version();
    ASSERT_TRUE(read.ok()) << read.error().Message();
    EXPECT_EQ(*read, version);
  }
  for (const char* out : {"", "unknown\n", "7\n", "1.2.3;rm\n", "1..2\n", "1.2.\n"}) {
    Answer("--version", out);
    EXPECT_EQ(cli.Version().error().code, base::ErrorCode::kProtocol) << out;
  }
}

TEST_F(CliTest, ReadsWhereItsModelsAre) {
  const std::pair<const char*, const char*> table[] = {
      {"/srv/u/.foundry/cache/models\n", "/srv/u/.foundry/cache/models"},
      {"\xF0\x9F\x92\xBE Cache directory path: C:\\Users\\A B\\.foundry\\cache\\models\r\n",
       "C:\\Users\\A B\\.foundry\\cache\\models"},
      {"loading '/opt/x.so'\nModel cache: '/srv/cache'.\n", "/srv/cache"},
      {"see http://example.org/x\n/models\n", "/models"}};
  AnswerAsServer();
  const Cli cli = Probed();
  for (const auto& [out, location] : table) {
    Answer("cache location", out);
    const auto read = cli.CacheLocation();
    ASSERT_TRUE(read.ok()) << read.error().Message();
    EXPECT_EQ(*read, location);
  }
  Answer("cache location", "nowhere\n");
  EXPECT_EQ(cli.CacheLocation().error().code, base::ErrorCode::kProtocol);
}

}  // namespace
}  // namespace assay::foundry
