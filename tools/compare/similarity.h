// SPDX-License-Identifier: MIT
// How much two texts have in common, whatever their language. Pure; time n log n in their length, memory 8 bytes per
// character.
#pragma once

#include <string_view>

namespace assay::compare {

// Sorensen-Dice coefficient over the trigrams of characters: twice the number of trigrams both have, over the trigrams
// of both together, each counted as often as it occurs (L. R. Dice, "Measures of the Amount of Ecologic Association
// Between Species", Ecology 26, 1945). A text begins and ends with two characters of no other text, so that short texts
// have trigrams too. 1 for texts with the same trigrams, equal ones among them; 0 where they share none. Characters are
// code points; a byte that is no UTF-8 is one by itself.
double TextSimilarity(std::string_view a, std::string_view b);

}  // namespace assay::compare
