// SPDX-License-Identifier: MIT
// Sentences of the Universal Declaration of Human Rights, article 1, in its official translations (OHCHR).
#include "fixtures/quality/language.h"

#include <gtest/gtest.h>

#include "fixtures/quality/characters.h"

namespace assay::quality {
namespace {

std::string Told(const char* text) { return LanguageOf(CodePoints(text)).value_or("none"); }

TEST(Language, TellsTheDeclarationsApart) {
  EXPECT_EQ(Told("All human beings are born free and equal in dignity and rights. They are endowed with reason and "
                 "conscience and should act towards one another in a spirit of brotherhood."),
            "en");
  EXPECT_EQ(
      Told("Alle Menschen sind frei und gleich an W\u00FCrde und Rechten geboren. Sie sind mit Vernunft und Gewissen "
           "begabt und sollen einander im Geist der Br\u00FCderlichkeit begegnen."),
      "de");
  EXPECT_EQ(
      Told("Tous les \u00EAtres humains naissent libres et \u00E9gaux en dignit\u00E9 et en droits. Ils sont "
           "dou\u00E9s de "
           "raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternit\u00E9."),
      "fr");
  EXPECT_EQ(Told("Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como est\u00E1n de "
                 "raz\u00F3n y conciencia, deben comportarse fraternalmente los unos con los otros."),
            "es");
  EXPECT_EQ(
      Told("Tutti gli esseri umani nascono liberi ed eguali in dignit\u00E0 e diritti. Essi sono dotati di ragione e "
           "di coscienza e devono agire gli uni verso gli altri in spirito di fratellanza."),
      "it");
  EXPECT_EQ(
      Told("Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand en "
           "geweten, en behoren zich jegens elkander in een geest van broederschap te gedragen."),
      "nl");
  EXPECT_EQ(
      Told("\u0412\u0441\u0435 \u043B\u044E\u0434\u0438 \u0440\u043E\u0436\u0434\u0430\u044E\u0442\u0441\u044F "
           "\u0441\u0432\u043E\u0431\u043E\u0434\u043D\u044B\u043C\u0438 \u0438 "
           "\u0440\u0430\u0432\u043D\u044B\u043C\u0438 "
           "\u0432 \u0441\u0432\u043E\u0451\u043C \u0434\u043E\u0441\u0442\u043E\u0438\u043D\u0441\u0442\u0432\u0435 "
           "\u0438 "
           "\u043F\u0440\u0430\u0432\u0430\u0445. \u041E\u043D\u0438 \u043D\u0430\u0434\u0435\u043B\u0435\u043D\u044B "
           "\u0440\u0430\u0437\u0443\u043C\u043E\u043C \u0438 \u0441\u043E\u0432\u0435\u0441\u0442\u044C\u044E"),
      "ru");
  EXPECT_EQ(Told("\u4EBA\u4EBA\u751F\u800C\u81EA\u7531,"
                 "\u5728\u5C0A\u4E25\u548C\u6743\u5229\u4E0A\u4E00\u5F8B\u5E73\u7B49\u3002"),
            "zh");
  EXPECT_EQ(
      Told("\u3059\u3079\u3066\u306E\u4EBA\u9593\u306F\u3001\u751F\u307E\u308C\u306A\u304C\u3089\u306B\u3057\u3066"
           "\u81EA\u7531\u3067\u3042\u308A"),
      "ja");
  EXPECT_EQ(
      Told("\uBAA8\uB4E0 \uC778\uAC04\uC740 \uD0DC\uC5B4\uB0A0 \uB54C\uBD80\uD130 \uC790\uC720\uB85C\uC6B0\uBA70"),
      "ko");
}

TEST(Language, SaysNothingOfTooLittle) {
  EXPECT_EQ(Told(""), "none");
  EXPECT_EQ(Told("Paris."), "none");
  EXPECT_EQ(Told("42"), "none");
  EXPECT_EQ(Told("\U0001F600\U0001F600\U0001F600"), "none");
  EXPECT_EQ(Told("int main() { return 0; }"), "none");
}

TEST(Language, KnowsItsOwnCodes) {
  EXPECT_TRUE(IsKnownLanguage("de"));
  EXPECT_TRUE(IsKnownLanguage("zh"));
  EXPECT_FALSE(IsKnownLanguage("klingon"));
  EXPECT_NE(KnownLanguages().find("cs, da, de"), std::string::npos);
}

}  // namespace
}  // namespace assay::quality
