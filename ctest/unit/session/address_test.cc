// SPDX-License-Identifier: MIT
#include "fixtures/session/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::session {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Address, LoopbackIsThisMachineOnly) {
  for (const char* url :
       {"http://127.0.0.1:5273", "https://localhost:1/v1", "http://LOCALHOST", "http://[::1]:80", "http://127.9.9.9"}) {
    EXPECT_TRUE(IsLoopback(url)) << url;
  }
  for (const char* url : {"http://192.168.0.2:5273", "http://127.evil.example", "http://localhost.example:1",
                          "https://api.example/127.0.0.1", "127.0.0.1:80", "", "http://0.0.0.0:80"}) {
    EXPECT_FALSE(IsLoopback(url)) << url;
  }
}

TEST(Address, SpellingsOfOnePlaceAreTheSame) {
  EXPECT_TRUE(SameAddress("http://localhost:5273/v1", "http://127.0.0.1:5273/"));
  EXPECT_TRUE(SameAddress("http://[::1]:5273", "http://localhost:5273"));
  EXPECT_FALSE(SameAddress("http://127.0.0.1:5273", "http://127.0.0.1:5274"));
  EXPECT_FALSE(SameAddress("http://127.0.0.1:5273", "https://127.0.0.1:5273"));
  EXPECT_FALSE(SameAddress("http://10.0.0.1:5273", "http://127.0.0.1:5273"));
}

// Only loopback is contacted unless the user names another endpoint.
TEST(Address, HintsLeaveOtherMachinesOut) {
  EXPECT_THAT(LoopbackHints({"http://10.0.0.1:80", "https://aka.ms/foundry"}), IsEmpty());
  EXPECT_THAT(LoopbackHints({"http://127.0.0.1:2", "http://10.0.0.1:2", "http://localhost:3"}),
              ElementsAre("http://127.0.0.1:2", "http://localhost:3"));
}

TEST(Address, EveryInterfaceIsAskedOnThisOneAndPortZeroNotAtAll) {
  EXPECT_THAT(LoopbackHints({"http://0.0.0.0:5273", "http://[::]:5273", "http://127.0.0.1:0", "http://127.0.0.1:0/x"}),
              ElementsAre("http://127.0.0.1:5273"));
}

TEST(Address, DoublesAreAskedOnce) {
  EXPECT_THAT(LoopbackHints({"http://localhost:7", "http://127.0.0.1:7", "http://127.0.0.1:7/v1"}),
              ElementsAre("http://localhost:7"));
}

TEST(Address, ThePortOfAnAddressOnThisMachine) {
  EXPECT_EQ(LoopbackPort("http://127.0.0.1:5273/v1"), 5273);
  EXPECT_EQ(LoopbackPort("http://[::1]:8080"), 8080);
  EXPECT_EQ(LoopbackPort("http://localhost"), 80);
  EXPECT_EQ(LoopbackPort("https://localhost/v1"), 443);
  EXPECT_EQ(LoopbackPort("http://192.0.2.1:5273"), std::nullopt);
  EXPECT_EQ(LoopbackPort("http://127.0.0.1:70000"), std::nullopt);
  EXPECT_EQ(LoopbackPort("nonsense"), std::nullopt);
}

}  // namespace
}  // namespace assay::session
