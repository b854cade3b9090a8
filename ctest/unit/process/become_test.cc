// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctest/unit/process/child_command.h"
#include "fixtures/base/files.h"
#include "fixtures/process/process.h"

namespace assay::process {
namespace {

using testing::HasSubstr;

// A program that becomes the test child with these arguments.
Command Becoming(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), ASSAY_TEST_CHILD);
  return Command{ASSAY_TEST_BECOME, std::move(arguments), {}};
}

TEST(Become, EndsWithTheExitCodeOfTheOtherProgram) {
  const auto completed = process::Run(Becoming({"exit", "7"}), kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->exit_code, 7) << completed->standard_error;
}

TEST(Become, PassesArgumentsAsTheyAreAndWritesToTheSameOutput) {
  const auto completed =
      process::Run(Becoming({"echo", "a b", "", "$HOME", "\"quoted\"", "back\\slash\\", "a\\\"b", "*"}), kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->standard_output, "before\n[a b]\n[]\n[$HOME]\n[\"quoted\"]\n[back\\slash\\]\n[a\\\"b]\n[*]\n");
}

TEST(Become, AddsToTheEnvironmentAndKeepsTheRest) {
  Command command = Becoming({"variable", "ASSAY_TEST_BECOME"});
  const auto added = process::Run(command, kSoon);
  ASSERT_TRUE(added.ok()) << added.error().Message();
  EXPECT_EQ(added->standard_output, "before\nadded");

  command = Becoming({"variable", "ASSAY_TEST_KEPT"});
  command.environment["ASSAY_TEST_KEPT"] = "kept";
  const auto kept = process::Run(command, kSoon);
  ASSERT_TRUE(kept.ok()) << kept.error().Message();
  EXPECT_EQ(kept->standard_output, "before\nkept");
}

// Exit code 5 is the end of the standard input, which the test holds: the other program has the same one.
TEST(Become, HandsOverStandardInput) {
  auto child = process::Spawn(Becoming({"input"}), {});
  ASSERT_TRUE(child.ok()) << child.error().Message();
  EXPECT_EQ((*child)->ReadLine(kSoon).value(), "before");
  EXPECT_EQ((*child)->ReadLine(kSoon).value(), "ready");
  const auto stopped = (*child)->Stop(kSoon);
  ASSERT_TRUE(stopped.ok()) << stopped.error().Message();
  EXPECT_EQ(*stopped, 5);
}

TEST(Become, ReturnsWhenThereIsNoSuchProgram) {
  const auto completed = process::Run(Command{ASSAY_TEST_BECOME, {"/no/such/folder/program"}, {}}, kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->exit_code, 98);
  EXPECT_THAT(completed->standard_error, HasSubstr("there is no file '/no/such/folder/program'"));
}

#ifndef _WIN32

TEST(Become, StaysTheSameProcess) {
  auto child = process::Spawn(Becoming({"pid"}), {});
  ASSERT_TRUE(child.ok()) << child.error().Message();
  EXPECT_EQ((*child)->ReadLine(kSoon).value(), "before");
  EXPECT_EQ((*child)->ReadLine(kSoon).value(), std::to_string((*child)->pid()));
}

TEST(Become, ReturnsWhenTheSystemRefuses) {
  const auto folder = base::TemporaryDirectory::Create("assay-process");
  ASSERT_TRUE(folder.ok());
  const auto file = folder->path() / "text";
  ASSERT_TRUE(base::WriteFileAtomically(file, "just text\n").ok());
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  const auto completed = process::Run(Command{ASSAY_TEST_BECOME, {file.string()}, {}}, kSoon);
  ASSERT_TRUE(completed.ok()) << completed.error().Message();
  EXPECT_EQ(completed->exit_code, 98);
  EXPECT_THAT(completed->standard_error, HasSubstr("cannot start " + file.string()));
}

#endif

}  // namespace
}  // namespace assay::process
