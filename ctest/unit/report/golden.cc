// SPDX-License-Identifier: MIT
#include "ctest/unit/report/golden.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "fixtures/base/files.h"

namespace assay::testing {

void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(ASSAY_TEST_DATA_DIR) + "/golden/report/" + name;
  const char* update = std::getenv("ASSAY_UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") {
    ASSERT_TRUE(base::WriteFileAtomically(path, text).ok());
    return;
  }
  const base::Result<std::string> approved = base::ReadFile(path);
  ASSERT_TRUE(approved.ok()) << approved.error().Message();
  EXPECT_EQ(text, *approved) << "run this test with ASSAY_UPDATE_GOLDEN=1 and review the diff of " << name;
}

}  // namespace assay::testing
