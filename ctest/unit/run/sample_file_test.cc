// SPDX-License-Identifier: MIT
// samples.jsonl by several threads: what comes out is what one thread makes of it, line by line.
#include "fixtures/run/sample_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "ctest/unit/run/test_run.h"
#include "fixtures/run/sample_line.h"

namespace assay::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t kThreads[] = {1, 2, 3, 8};

struct Taken {
  std::vector<std::int64_t> repetitions;
  std::vector<std::size_t> positions;
  std::vector<std::string> where;
  base::Status status;
};

class SampleFile : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_->path() / "samples.jsonl"; }
  void Write(const std::string& text) const { ASSERT_TRUE(base::WriteFileAtomically(path(), text).ok()); }

  static std::string Line(std::int64_t repetition) {
    Sample sample = FullSample();
    sample.repetition = repetition;
    std::string line;
    AppendSampleLine(sample, line);
    return line + "\n";
  }
  static std::string Lines(std::int64_t count) {
    std::string text;
    for (std::int64_t i = 0; i < count; ++i) text += Line(i);
    return text;
  }
  // Places a sample at ten times its repetition; 13 belongs to no case, and 17 is not wanted.
  Taken Read(std::size_t threads, std::size_t block_bytes, CutLine cut = CutLine::kRefused) const {
    Taken taken;
    SampleFileOptions options;
    options.threads = threads;
    options.block_bytes = block_bytes;
    options.cut = cut;
    const auto place = [](Sample& sample, std::size_t, const Where& where) -> base::Result<std::size_t> {
      if (sample.repetition == 13) return base::Error{base::ErrorCode::kInvalidInput, "no such case", where()};
      return static_cast<std::size_t>(sample.repetition) * 10;
    };
    const auto take = [&](const Sample& sample, std::size_t position, const Where& where) -> base::Status {
      if (sample.repetition == 17) return base::Error{base::ErrorCode::kInvalidInput, "not wanted", where()};
      taken.repetitions.push_back(sample.repetition);
      taken.positions.push_back(position);
      taken.where.push_back(where());
      return {};
    };
    taken.status = ReadSampleFile(path(), options, place, take);
    return taken;
  }

  base::Result<base::TemporaryDirectory> folder_ = base::TemporaryDirectory::Create("assay-samples");
};

// A block of one byte is a line; one of 1000 ends inside of the second: a line here has 1 to 2 KB.
TEST_F(SampleFile, IsTakenInItsOrderWhateverTheThreadsDo) {
  std::string text;
  std::vector<std::int64_t> expected;
  for (std::int64_t i = 100; i < 160; ++i) {
    text += Line(i);
    expected.push_back(i);
  }
  Write(text);
  for (const std::size_t threads : kThreads) {
    for (const std::size_t block : {1U, 7U, 1000U, 5000U, 1U << 20U}) {
      const Taken taken = Read(threads, block);
      ASSERT_TRUE(taken.status.ok()) << taken.status.error().Message();
      ASSERT_EQ(taken.repetitions, expected) << threads << " threads, " << block;
      EXPECT_EQ(taken.positions.front(), 1000U);
      EXPECT_EQ(taken.positions.back(), 1590U);
      EXPECT_EQ(taken.where.front(), path().string() + ":1");
      EXPECT_EQ(taken.where.back(), path().string() + ":60");
    }
  }
}

TEST_F(SampleFile, IsReadByAsManyThreadsAsAskedFor) {
  Write(Lines(8));
  std::mutex mutex;
  std::set<std::thread::id> seen;
  // Each of two threads waits in its first sample until the other is in one too: one thread alone never gets here.
  std::condition_variable both;
  const auto place = [&](Sample&, std::size_t, const Where&) -> base::Result<std::size_t> {
    std::unique_lock lock(mutex);
    seen.insert(std::this_thread::get_id());
    both.notify_all();
    EXPECT_TRUE(both.wait_for(lock, std::chrono::seconds(30), [&] { return seen.size() == 2; }));
    return std::size_t{0};
  };
  SampleFileOptions options;
  options.threads = 2;
  options.block_bytes = 1;
  std::size_t taken = 0;
  const base::Status status = ReadSampleFile(path(), options, place, [&](const Sample&, std::size_t, const Where&) {
    ++taken;
    return base::Status();
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(taken, 8U);
}

// Line 4 is no JSON, line 9 is nothing: the first counts, in each division of the work.
TEST_F(SampleFile, TheFirstRefusedLineIsTheOneThatIsNamed) {
  std::string text;
  for (std::int64_t i = 0; i < 12; ++i) text += i == 3 ? "{]\n" : i == 8 ? "\n" : Line(i);
  Write(text);
  for (const std::size_t threads : kThreads) {
    for (const std::size_t block : {1U, 3000U, 1U << 20U}) {
      const Taken taken = Read(threads, block);
      ASSERT_FALSE(taken.status.ok());
      EXPECT_EQ(taken.status.error().code, base::ErrorCode::kInvalidInput);
      EXPECT_THAT(taken.status.error().where, HasSubstr("samples.jsonl:4"));
      EXPECT_THAT(taken.status.error().what, HasSubstr("not the JSON"));
      EXPECT_THAT(taken.repetitions, ElementsAre(0, 1, 2)) << threads << " threads, " << block;
    }
  }
}

TEST_F(SampleFile, AnEmptyLineIsRefused) {
  Write(Line(0) + "\n" + Line(1));
  for (const std::size_t threads : kThreads) {
    const Taken taken = Read(threads, 1);
    ASSERT_FALSE(taken.status.ok());
    EXPECT_THAT(taken.status.error().where, HasSubstr("samples.jsonl:2"));
  }
}

// 17 stands before 13: whoever takes refuses first, though the line of 13 may have been read long before.
TEST_F(SampleFile, WhatIsRefusedOnTakingComesInTheSameOrder) {
  Write(Line(0) + Line(17) + Line(13) + Line(1));
  for (const std::size_t threads : kThreads) {
    const Taken taken = Read(threads, 1);
    ASSERT_FALSE(taken.status.ok());
    EXPECT_EQ(taken.status.error().what, "not wanted");
    EXPECT_EQ(taken.status.error().where, path().string() + ":2");
    EXPECT_THAT(taken.repetitions, ElementsAre(0));
  }
  Write(Line(0) + Line(13) + Line(17) + Line(1));
  for (const std::size_t threads : kThreads) {
    const Taken taken = Read(threads, 1);
    ASSERT_FALSE(taken.status.ok());
    EXPECT_EQ(taken.status.error().what, "no such case");
    EXPECT_EQ(taken.status.error().where, path().string() + ":2");
  }
}

TEST_F(SampleFile, ACutLineIsRefusedOrLeftOut) {
  const std::string half = Line(9).substr(0, 100);
  Write(Line(0) + Line(1) + half);
  for (const std::size_t threads : kThreads) {
    for (const std::size_t block : {1U, 1U << 20U}) {
      const Taken refused = Read(threads, block);
      ASSERT_FALSE(refused.status.ok());
      EXPECT_THAT(refused.status.error().what, HasSubstr("cut short"));
      EXPECT_EQ(refused.status.error().where, path().string() + ":3");
      EXPECT_THAT(refused.repetitions, ElementsAre(0, 1));
      const Taken left_out = Read(threads, block, CutLine::kLeftOut);
      EXPECT_TRUE(left_out.status.ok());
      EXPECT_THAT(left_out.repetitions, ElementsAre(0, 1));
    }
  }
}

// Also when what stands there could be read: its end is not there.
TEST_F(SampleFile, ALineWithoutItsNewlineIsCut) {
  std::string text = Lines(2);
  text.pop_back();
  Write(text);
  EXPECT_THAT(Read(2, 1, CutLine::kLeftOut).repetitions, ElementsAre(0));
  EXPECT_FALSE(Read(2, 1).status.ok());
}

TEST_F(SampleFile, OnlyACutLineIsNoSample) {
  Write("{");
  EXPECT_TRUE(Read(1, 64, CutLine::kLeftOut).status.ok());
  EXPECT_THAT(Read(1, 64).status.error().where, HasSubstr("samples.jsonl:1"));
}

TEST_F(SampleFile, AnEmptyFileHasNoSamples) {
  Write("");
  for (const std::size_t threads : kThreads) {
    const Taken taken = Read(threads, 64);
    EXPECT_TRUE(taken.status.ok());
    EXPECT_TRUE(taken.repetitions.empty());
  }
}

TEST_F(SampleFile, AFileThatIsNotThereIsAnError) {
  const Taken taken = Read(2, 64);
  ASSERT_FALSE(taken.status.ok());
  EXPECT_EQ(taken.status.error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(taken.status.error().what, HasSubstr("is not complete"));
}

// What nobody writes so but a reader has to take: the short way leaves it to the long one.
TEST_F(SampleFile, TakesWhatOnlyTheLongWayReads) {
  std::string line = Line(5);
  line.replace(line.find("\"case\""), 6, "\"\\u0063ase\"");
  Write(Line(4) + line + Line(6));
  for (const std::size_t threads : kThreads) EXPECT_THAT(Read(threads, 1).repetitions, ElementsAre(4, 5, 6));
}

// The memory of a line is used again: nothing of it may be left in the next one.
TEST_F(SampleFile, NothingOfALineIsLeftInTheNext) {
  Sample plain;
  plain.case_id = "c";
  plain.model = "m";
  plain.prompt = "p";
  std::string line;
  AppendSampleLine(plain, line);
  Write(Line(1) + line + "\n" + Line(2));
  std::vector<Sample> samples;
  const base::Status status = ReadSampleFile(
      path(), SampleFileOptions{1, 1, CutLine::kRefused},
      [](Sample&, std::size_t, const Where&) -> base::Result<std::size_t> { return std::size_t{0}; },
      [&](const Sample& sample, std::size_t, const Where&) {
        samples.push_back(sample);
        return base::Status();
      });
  ASSERT_TRUE(status.ok());
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[1], plain);
  Sample full = FullSample();
  full.repetition = 2;
  EXPECT_EQ(samples[2], full);
}

}  // namespace
}  // namespace assay::run
