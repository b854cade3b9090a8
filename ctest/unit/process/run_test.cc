// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "ctest/unit/process/child_command.h"
#include "fixtures/base/files.h"
#include "fixtures/process/process.h"

#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>
#endif

namespace assay::process {
namespace {

using base::ErrorCode;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Run, ReturnsExitCodeAndBothStreams) {
  const auto completed = process::Run(TestChild({"lines"}), kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->exit_code, 3);
  EXPECT_THAT(completed->standard_output, HasSubstr("last without newline"));
  EXPECT_THAT(completed->standard_error, HasSubstr("it broke"));
}

TEST(Run, PassesArgumentsAsTheyAre) {
  const auto completed = process::Run(
      TestChild({"echo", "a b", "", "$HOME", "\"quoted\"", "back\\slash", "*", "gr\xC3\xBC\xC3\x9F"}), kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->standard_output, "[a b]\n[]\n[$HOME]\n[\"quoted\"]\n[back\\slash]\n[*]\n[gr\xC3\xBC\xC3\x9F]\n");
}

TEST(Run, AddsToTheEnvironmentAndKeepsTheRest) {
  Command command = TestChild({"variable", "ASSAY_TEST_VARIABLE"});
  command.environment["ASSAY_TEST_VARIABLE"] = "a value = with signs";
  const auto changed = process::Run(command, kSoon);
  ASSERT_TRUE(changed.ok()) << changed.error().Message();
  EXPECT_EQ(changed->standard_output, "a value = with signs");

  const auto kept = process::Run(TestChild({"variable", "PATH"}), kSoon);
  ASSERT_TRUE(kept.ok()) << kept.error().Message();
  EXPECT_NE(kept->standard_output, "(unset)");
}

TEST(Run, GivesTheChildNoStandardInput) {
  const auto completed = process::Run(TestChild({"input"}), kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->exit_code, 5);  // it saw the end of the input at once
}

TEST(Run, ReadsLargeOutputOnBothPipesWithoutDeadlock) {
  const auto completed = process::Run(TestChild({"flood", "3000000"}), kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->standard_output.size(), 3'000'000U);
  EXPECT_EQ(completed->standard_error.size(), 3'000'000U);
}

TEST(Run, KeepsNoMoreThanSixteenMebibytesOfAStream) {
  const auto completed = process::Run(TestChild({"flood", "17000000"}), kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->standard_output.size(), 16U << 20);
}

TEST(Run, KillsTheChildAtTheDeadlineAndTellsWhatItSaid) {
  // Long enough for the child to say "started" on a busy machine, else the message is only shorter.
  const auto begin = steady_clock::now();
  const auto completed = process::Run(TestChild({"hang"}), std::chrono::milliseconds(300));
  EXPECT_LT(steady_clock::now() - begin, kSoon);
  ASSERT_FALSE(completed.ok());
  EXPECT_EQ(completed.error().code, ErrorCode::kTimeout);
  EXPECT_THAT(completed.error().what, HasSubstr("300 ms"));
  EXPECT_THAT(completed.error().where, HasSubstr("hang"));
}

TEST(Run, SaysWhichProgramIsMissing) {
  const auto completed = process::Run(Command{"assay-no-such-program", {"--version"}, {}}, kSoon);
  ASSERT_FALSE(completed.ok());
  EXPECT_EQ(completed.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(completed.error().what, HasSubstr("'assay-no-such-program'"));
  EXPECT_THAT(completed.error().what, HasSubstr("PATH"));
  EXPECT_EQ(completed.error().where, "assay-no-such-program --version");
}

TEST(Run, SaysWhichFileIsMissing) {
  const auto completed = process::Run(Command{"/no/such/folder/program", {}, {}}, kSoon);
  ASSERT_FALSE(completed.ok());
  EXPECT_EQ(completed.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(completed.error().what, HasSubstr("/no/such/folder/program"));
}

TEST(Run, RefusesAnEmptyCommand) {
  const auto completed = process::Run(Command{}, kSoon);
  ASSERT_FALSE(completed.ok());
  EXPECT_EQ(completed.error().code, ErrorCode::kUsage);
}

#ifndef _WIN32

TEST(Run, ReportsASignalAsOneHundredTwentyEightPlusItsNumber) {
  const auto completed = process::Run(TestChild({"signal", "15"}), kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->exit_code, 128 + 15);
}

TEST(Run, DoesNotWaitForAGrandchildThatHoldsThePipes) {
  const auto completed = process::Run(TestChild({"grandchild"}), kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();  // the grandchild stays longer than the deadline
  EXPECT_EQ(completed->exit_code, 7);
  ASSERT_THAT(completed->standard_output, StartsWith("grandchild "));
  const std::int64_t grandchild = std::stoll(completed->standard_output.substr(11));
  EXPECT_TRUE(IsRunning(grandchild));
  EXPECT_TRUE(Terminate(grandchild, kSoon).ok());
}

TEST(Run, GivesTheChildAGroupOfItsOwnInOurSession) {
  const auto completed = process::Run(TestChild({"groups"}), kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->standard_output, "leader shared session\n");
}

TEST(Run, HandsOnNoOtherDescriptor) {
  // On purpose without close-on-exec, and in the middle of others.
  const int descriptor = ::open("/dev/null", O_RDONLY);
  ASSERT_GE(descriptor, 0);
  const int high = ::fcntl(descriptor, F_DUPFD, 200);
  const auto completed = process::Run(TestChild({"descriptors"}), kSoon);
  ::close(descriptor);
  ::close(high);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->standard_output, "0\n");
}

TEST(Run, LooksUpThePathOfTheCommandItself) {
  const auto folder = base::TemporaryDirectory::Create("assay-process");
  ASSERT_TRUE(folder.ok());
  const auto script = folder->path() / "only-here";
  ASSERT_TRUE(base::WriteFileAtomically(script, "#!/bin/sh\necho found\n").ok());
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  Command command{"only-here", {}, {}};
  EXPECT_EQ(process::Run(command, kSoon).error().code, ErrorCode::kNotFound);
  command.environment["PATH"] = folder->path().string();
  const auto completed = process::Run(command, kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->standard_output, "found\n");
}

TEST(Run, ExplainsAFileThatIsNoProgram) {
  const auto folder = base::TemporaryDirectory::Create("assay-process");
  ASSERT_TRUE(folder.ok());
  const auto file = folder->path() / "text";
  ASSERT_TRUE(base::WriteFileAtomically(file, "just text\n").ok());
  const auto not_executable = process::Run(Command{file.string(), {}, {}}, kSoon);
  ASSERT_FALSE(not_executable.ok());
  EXPECT_EQ(not_executable.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(not_executable.error().what, HasSubstr("not an executable file"));

  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  const auto no_format = process::Run(Command{file.string(), {}, {}}, kSoon);
  ASSERT_FALSE(no_format.ok());
  EXPECT_EQ(no_format.error().code, ErrorCode::kIo);
  EXPECT_THAT(no_format.error().what, HasSubstr("#!"));
}

#endif

TEST(Command, ReadsLikeACommandLine) {
  const Command command{"foundry", {"model", "load", "a b", ""}, {}};
  EXPECT_EQ(command.ToString(), "foundry model load 'a b' ''");
}

}  // namespace
}  // namespace assay::process
