// SPDX-License-Identifier: MIT
// Greedy answers are the same bits on every machine, compiler and optimisation level: the committed answers are checked
// under every preset. To accept a change that is meant, run this program once with ASSAY_WRITE_GOLDEN=1 and review the
// diff of ctest/golden/embedded/answers.json; the run that writes fails, so that no build accepts on its own.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <cstdlib>
#include <map>

#include "fixtures/base/files.h"
#include "fixtures/base/hash.h"
#include "fixtures/embedded/g3_wire.h"
#include "fixtures/embedded/generation.h"
#include "fixtures/embedded/model_catalog.h"
#include "fixtures/embedded/tokenizer.h"

namespace assay::embedded {
namespace {

constexpr std::int64_t kMaxTokens = 14;

const std::vector<std::string>& Prompts() {
  static const std::vector<std::string> prompts = {"What is the capital of France?",
                                                   "Explain the sea",
                                                   "List three numbers",
                                                   "Hello",
                                                   "def fib(n):",
                                                   "\u65e5\u672c\u8a9e caf\u00e9 \U0001F680",
                                                   "Why is the night dark?",
                                                   "Tell me a story about a river"};
  return prompts;
}

std::filesystem::path GoldenPath() {
  return std::filesystem::path(ASSAY_TEST_DATA_DIR) / "golden" / "embedded" / "answers.json";
}

struct Answer {
  std::string text;
  std::string tokens_sha256;
};

Answer Ask(const std::shared_ptr<const Transformer>& model, const std::string& prompt) {
  const Tokenizer tokenizer(EmberVocabulary());
  GenerationRequest request;
  request.prompt = tokenizer.ApplyChatTemplate({{"user", prompt}});
  request.max_tokens = kMaxTokens;
  request.sampling.greedy = true;
  Answer answer;
  GenerationEvents events;
  events.prompt_read = [] { return true; };
  events.piece = [&](std::string_view text) {
    answer.text += text;
    return true;
  };
  const std::atomic<bool> stop{false};
  const GenerationResult result = Generate(model, EmberVocabulary(), request, stop, events);
  std::string ids;
  for (const TokenId token : result.tokens) ids += std::to_string(token) + " ";
  answer.tokens_sha256 = base::Sha256Hex(ids);
  return answer;
}

std::map<std::string, Answer> AskAll(const ModelVariant& variant) {
  const auto model = std::make_shared<const Transformer>(variant.shape, variant.precision, EmberVocabulary());
  std::map<std::string, Answer> answers;
  for (const std::string& prompt : Prompts()) answers[prompt] = Ask(model, prompt);
  return answers;
}

std::map<std::string, Answer> ReadGolden(const std::string& variant_id) {
  const base::Result<std::string> text = base::ReadFile(GoldenPath());
  std::map<std::string, Answer> answers;
  if (!text.ok()) return answers;
  rapidjson::Document document;
  document.Parse(text->data(), text->size());
  if (document.HasParseError() || document["schema_version"].GetInt() != 1) return answers;
  for (const auto& row : document["answers"].GetArray()) {
    if (variant_id == row["model"].GetString()) {
      answers[row["prompt"].GetString()] = {row["text"].GetString(), row["tokens_sha256"].GetString()};
    }
  }
  return answers;
}

class GoldenAnswers : public testing::TestWithParam<int> {
 protected:
  const ModelVariant& variant() const { return catalog_.variants()[static_cast<std::size_t>(GetParam())]; }

 private:
  ModelCatalog catalog_;
};

TEST_P(GoldenAnswers, AreTheCommittedOnesToTheLastToken) {
  const std::map<std::string, Answer> wanted = ReadGolden(variant().id);
  ASSERT_EQ(wanted.size(), Prompts().size()) << GoldenPath();
  for (const auto& [prompt, answer] : AskAll(variant())) {
    EXPECT_EQ(answer.text, wanted.at(prompt).text) << prompt;
    EXPECT_EQ(answer.tokens_sha256, wanted.at(prompt).tokens_sha256) << prompt;
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, GoldenAnswers, testing::Range(0, 4));

TEST(GoldenAnswersFile, ShowsInt8AnsweringDifferentlyThanFp32OnMostPrompts) {
  for (const std::string alias : {"ember-mini", "ember-base"}) {
    const auto fp32 = ReadGolden(alias + "-generic-cpu:1");
    const auto int8 = ReadGolden(alias + "-int8-cpu:1");
    ASSERT_EQ(fp32.size(), Prompts().size());
    int different = 0;
    for (const auto& [prompt, answer] : fp32) different += answer.text != int8.at(prompt).text ? 1 : 0;
    EXPECT_GT(different * 2, static_cast<int>(Prompts().size())) << alias;
  }
}

TEST(GoldenAnswersFile, IsWrittenOnlyWhenAskedFor) {
  if (std::getenv("ASSAY_WRITE_GOLDEN") == nullptr)
    GTEST_SKIP() << "set ASSAY_WRITE_GOLDEN=1 to write the answers anew";
  std::string rows;
  const ModelCatalog catalog;
  for (const ModelVariant& variant : catalog.variants()) {
    const auto answers = AskAll(variant);
    for (const std::string& prompt : Prompts()) {
      if (!rows.empty()) rows += ",\n";
      rows.append("    {\"model\": ").append(g3::Quoted(variant.id));
      rows.append(", \"prompt\": ").append(g3::Quoted(prompt));
      rows.append(",\n     \"text\": ").append(g3::Quoted(answers.at(prompt).text));
      rows.append(",\n     \"tokens_sha256\": ").append(g3::Quoted(answers.at(prompt).tokens_sha256)).append("}");
    }
  }
  ASSERT_TRUE(base::WriteFileAtomically(GoldenPath(),
                                        "{\n  \"schema_version\": 1,\n  \"max_tokens\": " + std::to_string(kMaxTokens) +
                                            ",\n  \"answers\": [\n" + rows + "\n  ]\n}\n")
                  .ok());
  FAIL() << "wrote " << GoldenPath() << "; review the diff and run without ASSAY_WRITE_GOLDEN";
}

}  // namespace
}  // namespace assay::embedded
