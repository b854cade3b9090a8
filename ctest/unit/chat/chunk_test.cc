// SPDX-License-Identifier: MIT
// Chunks read with and without a tree are the same: over every recording, over the shapes one can think of, and over
// what random changes make of both.
#include "fixtures/chat/chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "ctest/support/fake_transport.h"
#include "ctest/support/recording.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"

namespace assay::testing {
namespace {

using chat::Chunk;

// The texts a client would have to read: whole bodies, and what follows "data:" in them.
std::vector<std::string> RecordedTexts() {
  namespace fs = std::filesystem;
  std::vector<std::string> texts;
  const fs::path wire = fs::path(ASSAY_TEST_DATA_DIR) / "wire";
  for (const fs::directory_entry& file : fs::recursive_directory_iterator(wire)) {
    if (file.path().extension() != ".txt") continue;
    const std::string name = fs::relative(file.path(), wire).generic_string();
    // Some are notes about an exchange, not one.
    std::string text = base::ReadFile(file.path()).value();
    if (text.starts_with("HTTP/")) text = ReadRecording(name).body;
    texts.push_back(text);
    for (const std::string& line : base::Split(text, '\n')) {
      if (line.starts_with("data:")) texts.emplace_back(base::Trim(std::string_view(line).substr(5)));
    }
  }
  return texts;
}

std::vector<std::string> InventedTexts() {
  std::vector<std::string> texts = {
      "",
      "{}",
      " { } ",
      "[]",
      "null",
      "7",
      "\"text\"",
      "{} {}",
      "{}x",
      "{\"a\":1,}",
      "{\"id\":\"a\",\"id\":\"b\"}",
      R"({"id":"a","\u0069d":"b"})",
      R"({"x":{"a":1,"b":{"a":1},"a":2}})",
      R"({"id":""})",
      R"({"id":7,"error":null})",
      R"({"error":"boom"})",
      R"({"error":{"message":"boom"}})",
      R"({"error":false})",
      R"({"choices":null,"usage":null})",
      R"({"choices":{"0":{"delta":{"content":"a"}}}})",
      R"({"choices":{"[0]":{"delta":{"content":"a"}}}})",
      R"({"choices":[]})",
      R"({"choices":[null]})",
      R"({"choices":[7,{"delta":{"content":"second"}}]})",
      R"({"choices":[[{"delta":{"content":"deeper"}}]]})",
      R"({"choices":[{"delta":{"content":"first"}},{"delta":{"content":"second"}}]})",
      R"({"choices":[{"delta":null,"message":{"content":"m"}}]})",
      R"({"choices":[{"delta":{},"message":{"content":"m"}}]})",
      R"({"choices":[{"delta":{"content":""},"message":{"content":"m"}}]})",
      R"({"choices":[{"delta":[],"message":{"content":"m","reasoning":"r"}}]})",
      R"({"choices":[{"message":{"content":"m"},"delta":{"content":"d"}}]})",
      R"({"choices":[{"delta":{"content":["a"]},"finish_reason":7}]})",
      R"({"choices":[{"delta":{"content":{"content":"a"}},"finish_reason":"stop"}]})",
      R"({"choices":[{"delta":{"reasoning_content":"a","reasoning":"b"}}]})",
      R"({"choices":[{"delta":{"reasoning_content":"","reasoning":"b"}}]})",
      R"({"choices":[{"delta":{"reasoning_content":null,"reasoning":"b","content":"c"}}]})",
      R"({"choices":[{"delta":{"tool_calls":[]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"index":0}],"content":"a"}}]})",
      R"({"choices":[{"delta":{"tool_calls":{}},"message":{"tool_calls":[1]}}]})",
      R"({"choices":[{"message":{"tool_calls":[1]}}]})",
      R"({"delta":{"content":"a"},"content":"b","choices":[{"content":"c"}]})",
      R"({"usage":{}})",
      R"({"usage":[]})",
      R"({"usage":{"prompt_tokens":-1,"completion_tokens":9223372036854775807}})",
      R"({"usage":{"prompt_tokens":9223372036854775808,"completion_tokens":1.0}})",
      R"({"usage":{"prompt_tokens":4294967296,"completion_tokens":4294967295}})",
      R"({"usage":{"prompt_tokens":-9223372036854775808,"completion_tokens":1e2}})",
      R"({"usage":{"reasoning_tokens":3,"completion_tokens_details":{"reasoning_tokens":4}}})",
      R"({"usage":{"reasoning_tokens":3,"completion_tokens_details":{"reasoning_tokens":null}}})",
      R"({"usage":{"reasoning_tokens":3,"completion_tokens_details":null}})",
      R"({"usage":{"completion_tokens":1e999}})",
      R"({"choices":[{"delta":{"content":"\ud83d\ude42 \u0000 \n \u00e9 é 🙂"}}]})",
      R"({"choices":[{"delta":{"content":"\ud83d"}}]})",
      R"({"choices":[{"delta":{"content":"\ude42"}}]})",
      R"({"\ude42":1})",
      "{\"choices\":[{\"delta\":{\"content\":\"\xFF\"}}]}",
      "{\"choices\":[{\"delta\":{\"content\":\"\xED\xA0\x80\"}}]}",
      "{\"choices\":[{\"delta\":{\"content\":\"a\nb\"}}]}",
      "\xEF\xBB\xBF{\"id\":\"behind a byte-order mark\"}",
      std::string("{\"id\":\"a\"}\0", 11),
      std::string("{\"id\":\"a\"}\0{}", 13),
      std::string("{\"id\":\"a\0b\"}", 12),
  };
  for (const std::size_t depth : {1U, 126U, 127U, 128U, 129U, 5000U}) {
    texts.push_back("{\"x\":" + std::string(depth, '[') + std::string(depth, ']') + "}");
  }
  for (const int keys : {63, 64, 65, 300}) {
    std::string text = "{";
    for (int key = 0; key < keys; ++key) text += "\"key" + std::to_string(key) + "\":" + std::to_string(key) + ",";
    texts.push_back(text + "\"id\":\"last\"}");
  }
  return texts;
}

// True when the text was read without a tree.
bool ReadsTheSame(chat::ChunkScanner& scanner, const std::string& text) {
  const std::optional<Chunk> scanned = scanner.Scan(text);
  if (!scanned) return false;
  const base::Result<run::Json> tree = run::ParseJson(text, "text");
  EXPECT_TRUE(tree.ok()) << tree.error().Message() << "\n" << text;
  if (!tree.ok()) return true;
  EXPECT_NE(tree->as_object(), nullptr) << text;
  if (tree->as_object() == nullptr) return true;
  const Chunk read = ReadChunk(*tree, chat::Output::kDeltaFirst);
  EXPECT_EQ(*scanned, read) << text << "\ncontent '" << scanned->content << "' and '" << read.content << "'";
  return true;
}

// What is left to the tree is no object, an error or a tool call.
TEST(Chunk, OfEveryRecordingIsTheSameWithoutATree) {
  chat::ChunkScanner scanner;
  int scanned = 0;
  for (const std::string& text : RecordedTexts()) {
    if (ReadsTheSame(scanner, text)) {
      ++scanned;
      continue;
    }
    const base::Result<run::Json> tree = run::ParseJson(text, "text");
    if (!tree.ok() || tree->as_object() == nullptr) continue;
    const Chunk read = ReadChunk(*tree, chat::Output::kDeltaFirst);
    EXPECT_TRUE(read.error != nullptr || read.tool_calls != nullptr) << text;
  }
  // Six streams of llama-server alone have 32 events with text each.
  EXPECT_GT(scanned, 150);
}

TEST(Chunk, OfInventedShapesIsTheSameWithoutATree) {
  chat::ChunkScanner scanner;
  int scanned = 0;
  for (const std::string& text : InventedTexts()) scanned += ReadsTheSame(scanner, text) ? 1 : 0;
  EXPECT_GT(scanned, 30);
}

// One scanner for all: what one text leaves behind must not be seen in the next.
TEST(Chunk, OfWhatChangesMakeOfThemIsTheSameWithoutATree) {
  std::vector<std::string> texts = InventedTexts();
  for (std::string& text : RecordedTexts()) {
    if (text.size() < 1000) texts.push_back(std::move(text));
  }
  std::mt19937 random(20240607);
  const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  static constexpr std::string_view kBytes = "{}[]\",:\\u0e1-. \n\t\xC3\xA9\xFFntd";
  chat::ChunkScanner scanner;
  int scanned = 0;
  constexpr int kTexts = 60'000;
  for (int i = 0; i < kTexts; ++i) {
    std::string text = texts[below(texts.size())];
    for (std::size_t changes = 1 + below(3); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = below(text.size());
      switch (below(6)) {
        case 0:
          text[at] = kBytes[below(kBytes.size())];
          break;
        case 1:
          text.insert(at, 1, kBytes[below(kBytes.size())]);
          break;
        case 2:
          text.erase(at, 1 + below(4));
          break;
        case 3:
          text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << below(8)));
          break;
        case 4: {  // a piece of another one
          const std::string& other = texts[below(texts.size())];
          const std::size_t from = below(other.size() + 1);
          text.insert(at, other, from, below(40));
          break;
        }
        default:  // a piece of itself again: keys that appear twice
          text.insert(at, std::string(text, below(text.size()), below(60)));
      }
    }
    scanned += ReadsTheSame(scanner, text) ? 1 : 0;
    ASSERT_FALSE(HasFailure()) << i;
  }
  // Both sides of the border were seen.
  EXPECT_GT(scanned, kTexts / 50);
  EXPECT_LT(scanned, kTexts - kTexts / 50);
}

TEST(JsonScanner, FindsWhatIsAtItsPaths) {
  using Kind = run::ScannedValue::Kind;
  const std::string_view paths[] = {"a", "a.b", "list", "list.[0]", "list.[0].c", "none"};
  run::JsonScanner scanner(paths);
  ASSERT_TRUE(scanner.Scan(R"({"x":{"a":0},"list":[{"c":"first"},{"c":"second"}],"a":{"b":-7,"c":1.5}})"));
  EXPECT_EQ(scanner[0].kind, Kind::kObject);
  EXPECT_FALSE(scanner[0].empty);
  EXPECT_EQ(scanner[1].kind, Kind::kInteger);
  EXPECT_EQ(scanner[1].integer, -7);
  EXPECT_EQ(scanner[2].kind, Kind::kArray);
  EXPECT_EQ(scanner[3].kind, Kind::kObject);
  EXPECT_EQ(scanner[4].kind, Kind::kString);
  EXPECT_EQ(scanner[4].text, "first");
  EXPECT_EQ(scanner[5].kind, Kind::kAbsent);
  ASSERT_TRUE(scanner.Scan(R"({"a":true,"list":[],"none":null})"));
  EXPECT_EQ(scanner[0].kind, Kind::kBool);
  EXPECT_EQ(scanner[1].kind, Kind::kAbsent);
  EXPECT_TRUE(scanner[2].empty);
  EXPECT_EQ(scanner[4].kind, Kind::kAbsent);
  EXPECT_EQ(scanner[5].kind, Kind::kNull);
}

// All texts lie in one buffer, which moves while it grows.
TEST(JsonScanner, TextsStayWhereTheyWereRead) {
  const std::string_view paths[] = {"a", "b", "c"};
  run::JsonScanner scanner(paths);
  const std::string longer(5000, 'b');
  const std::string longest(50'000, 'c');
  ASSERT_TRUE(scanner.Scan("{\"a\":\"a\",\"b\":\"" + longer + "\",\"c\":\"" + longest + "\"}"));
  EXPECT_EQ(scanner[0].text, "a");
  EXPECT_EQ(scanner[1].text, longer);
  EXPECT_EQ(scanner[2].text, longest);
}

}  // namespace
}  // namespace assay::testing
