// SPDX-License-Identifier: MIT
#include "fixtures/base/files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <stdexcept>
#include <string>

namespace assay::base {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  fs::path folder() const { return folder_.path(); }

 private:
  TemporaryDirectory folder_ = TemporaryDirectory::Create("assay-files").value();
};

TEST_F(Files, ReadGivesBackWhatWasWritten) {
  const std::string content("line\r\n\0\xFF", 8);
  ASSERT_TRUE(WriteFileAtomically(folder() / "a" / "b" / "file", content).ok());
  EXPECT_EQ(ReadFile(folder() / "a" / "b" / "file").value(), content);
  EXPECT_FALSE(fs::exists(folder() / "a" / "b" / "file.partial"));
}

TEST_F(Files, ReadTellsMissingFromUnreadable) {
  EXPECT_EQ(ReadFile(folder() / "nothing").error().code, ErrorCode::kNotFound);
  const auto is_folder = ReadFile(folder());
  ASSERT_FALSE(is_folder.ok());
  EXPECT_EQ(is_folder.error().code, ErrorCode::kIo);
  EXPECT_EQ(is_folder.error().where, folder().string());
}

TEST_F(Files, WriteReplacesTheWholeFile) {
  ASSERT_TRUE(WriteFileAtomically(folder() / "file", "a long old text").ok());
  ASSERT_TRUE(WriteFileAtomically(folder() / "file", "new").ok());
  EXPECT_EQ(ReadFile(folder() / "file").value(), "new");
}

TEST_F(Files, FailedWriteKeepsTheOldFile) {
  ASSERT_TRUE(WriteFileAtomically(folder() / "file", "old").ok());
  ASSERT_TRUE(fs::create_directory(folder() / "file.partial"));  // the new text cannot be put down
  const auto status = WriteFileAtomically(folder() / "file", "new");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_EQ(ReadFile(folder() / "file").value(), "old");
}

TEST_F(Files, FailedReplacementLeavesNothingBehind) {
  ASSERT_TRUE(fs::create_directories(folder() / "target" / "content"));  // cannot be replaced by a file
  const auto status = WriteFileAtomically(folder() / "target", "new");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_TRUE(fs::is_directory(folder() / "target" / "content"));
  EXPECT_FALSE(fs::exists(folder() / "target.partial"));
}

TEST_F(Files, WhatAWriterPutsOutReplacesTheWholeFile) {
  ASSERT_TRUE(WriteFileAtomically(folder() / "file", "a long old text").ok());
  const auto status = WriteFileAtomically(folder() / "file", [&](std::ostream& out) {
    out << "new " << 1;
    EXPECT_EQ(ReadFile(folder() / "file").value(), "a long old text") << "until all is written";
  });
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(ReadFile(folder() / "file").value(), "new 1");
}

TEST_F(Files, WriterThatFailsKeepsTheOldFile) {
  ASSERT_TRUE(WriteFileAtomically(folder() / "file", "old").ok());
  const auto status = WriteFileAtomically(
      folder() / "file", [](std::ostream& out) { out << "half" << std::flush, out.setstate(std::ios::failbit); });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_EQ(ReadFile(folder() / "file").value(), "old");
  EXPECT_FALSE(fs::exists(folder() / "file.partial"));
}

TEST_F(Files, WriterThatThrowsLeavesNothingBehind) {
  ASSERT_TRUE(WriteFileAtomically(folder() / "file", "old").ok());
  const auto write = [&] {
    return WriteFileAtomically(folder() / "file", [](std::ostream&) { throw std::runtime_error("no memory left"); });
  };
  EXPECT_THROW(static_cast<void>(write()), std::runtime_error);
  EXPECT_EQ(ReadFile(folder() / "file").value(), "old");
  EXPECT_FALSE(fs::exists(folder() / "file.partial"));
}

TEST_F(Files, LineWriterPutsEachLineDownAtOnce) {
  auto writer = LineWriter::Create(folder() / "logs" / "lines.jsonl");
  ASSERT_TRUE(writer.ok()) << writer.error().Message();
  ASSERT_TRUE(writer->Append("one").ok());
  EXPECT_EQ(ReadFile(writer->path()).value(), "one\n") << "before Close: a crash loses no finished line";
  ASSERT_TRUE(writer->Append("").ok());
  ASSERT_TRUE(writer->Close().ok());
  EXPECT_TRUE(writer->Close().ok()) << "twice is harmless";
  EXPECT_EQ(ReadFile(writer->path()).value(), "one\n\n");
}

TEST_F(Files, LineWriterTruncates) {
  ASSERT_TRUE(WriteFileAtomically(folder() / "lines", "old\n").ok());
  ASSERT_TRUE(LineWriter::Create(folder() / "lines").ok());
  EXPECT_EQ(ReadFile(folder() / "lines").value(), "");
  EXPECT_EQ(LineWriter::Create(folder()).error().code, ErrorCode::kIo) << "a folder is no file";
}

TEST(TemporaryDirectory, GoesWithItsContent) {
  fs::path path;
  {
    auto first = TemporaryDirectory::Create("assay-files");
    ASSERT_TRUE(first.ok());
    path = first->path();
    const TemporaryDirectory moved = std::move(first).value();
    EXPECT_EQ(moved.path(), path);
    ASSERT_TRUE(WriteFileAtomically(path / "deep" / "file", "x").ok());
  }
  EXPECT_FALSE(fs::exists(path));
}

#ifndef _WIN32
TEST_F(Files, AtomicWriteBehindALinkReplacesItsTarget) {
  ASSERT_TRUE(WriteFileAtomically(folder() / "target", "old").ok());
  fs::create_symlink(folder() / "target", folder() / "link");
  ASSERT_TRUE(WriteFileAtomically(folder() / "link", "new").ok());
  EXPECT_TRUE(fs::is_symlink(folder() / "link"));
  EXPECT_EQ(ReadFile(folder() / "target").value(), "new");
}

TEST_F(Files, AtomicWriteLeavesADeviceADevice) {
  // Through a link, so that a defect would cost the link and not the device.
  fs::create_symlink("/dev/null", folder() / "null");
  EXPECT_TRUE(WriteFileAtomically(folder() / "null", "gone").ok());
  EXPECT_TRUE(fs::is_symlink(folder() / "null"));
  EXPECT_TRUE(fs::is_character_file(folder() / "null"));
}
#endif

}  // namespace
}  // namespace assay::base
