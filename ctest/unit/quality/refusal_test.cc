// SPDX-License-Identifier: MIT
#include "fixtures/quality/refusal.h"

#include <gtest/gtest.h>

#include "fixtures/quality/characters.h"

namespace assay::quality {
namespace {

bool Refuses(const char* text) { return IsRefusal(CodePoints(text)); }

TEST(Refusal, KnowsTheUsualOpenings) {
  // The wording of OpenAI's `refusal` field (structured outputs guide), and of models without one.
  EXPECT_TRUE(Refuses("I'm sorry, I cannot assist with that request."));
  EXPECT_TRUE(Refuses("I\xE2\x80\x99m sorry, but I can\xE2\x80\x99t help with that."));
  EXPECT_TRUE(Refuses("  **I'm sorry, but as an AI language model, I cannot provide medical advice.**"));
  EXPECT_TRUE(Refuses("I can't fulfill that request."));
  EXPECT_TRUE(Refuses("Unfortunately, I am unable to help."));
  EXPECT_TRUE(Refuses("Es tut mir leid, aber dabei kann ich nicht helfen."));
  EXPECT_TRUE(Refuses("Je suis d\xC3\xA9sol\xC3\xA9, mais je ne peux pas vous aider."));
  EXPECT_TRUE(Refuses("Lo siento, pero no puedo ayudarte con eso."));
  EXPECT_TRUE(
      Refuses("\xE6\x8A\xB1\xE6\xAD\x89\xEF\xBC\x8C\xE6\x88\x91\xE6\x97\xA0\xE6\xB3\x95\xE5\x9B\x9E\xE7\xAD\x94"));
}

TEST(Refusal, LeavesOtherAnswersAlone) {
  EXPECT_FALSE(Refuses(""));
  EXPECT_FALSE(Refuses("I'm sorry to hear that. Here is what you can do."));
  EXPECT_FALSE(Refuses("I can't recommend it highly enough."));
  EXPECT_FALSE(Refuses("A polite refusal: \"I'm sorry, I cannot assist with that.\""));
  EXPECT_FALSE(Refuses("Massive stars cannot assist with that."));
  EXPECT_FALSE(Refuses("Ich kann keine Fehler finden."));
  EXPECT_FALSE(Refuses("But I cannot tell a lie, said Washington."));
  EXPECT_FALSE(Refuses("As an AI language model, I was trained on text."));
}

}  // namespace
}  // namespace assay::quality
