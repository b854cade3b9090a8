// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "ctest/integration/embedded/fault_checks.h"
#include "fixtures/base/files.h"
#include "fixtures/embedded/model_cache.h"

namespace assay::embedded::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kShort[] = ",\"temperature\":0,\"max_tokens\":2";

Answer ChatShortly(const RunningService& service, const std::string& model = kModel) {
  return AskChat(service, ChatBody(true, "Hi", kShort, model));
}

void Evict(const Generation& generation) {
  RunningService service(OptionsFor(generation, "evict,after=1,times=1"));
  EXPECT_EQ(ChatShortly(service).status, 200);
  const Answer evicted = ChatShortly(service);
  if (generation == Dialect::kG1) {
    EXPECT_EQ(evicted.status, 200);
    EXPECT_THAT(LoadedList(service, generation), HasSubstr("ember-mini-int8-cpu"));
  } else if (!generation) {
    EXPECT_EQ(evicted.body, R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})");
    EXPECT_EQ(ChatShortly(service).status, 200);
  } else {
    EXPECT_EQ(evicted.status, 400);
    EXPECT_THAT(evicted.body, HasSubstr("not loaded"));
    EXPECT_EQ(LoadedList(service, generation), "[]");
    EXPECT_EQ(Get(service, LoadTarget(generation, "ember-mini-int8-cpu")).status, 200);
    EXPECT_EQ(ChatShortly(service).status, 200);
  }
}

void EvictAfter(const Generation& generation) {
  RunningService service(OptionsFor(generation, "evict_after,times=1"));
  EXPECT_EQ(ChatShortly(service).status, 200);
  if (!generation) {
    EXPECT_EQ(ChatShortly(service).status, 503);
    return;
  }
  EXPECT_EQ(LoadedList(service, generation), "[]");
  EXPECT_EQ(Get(service, LoadTarget(generation, "ember-mini-int8-cpu")).status, 200);
  EXPECT_EQ(ChatShortly(service).status, 200);
  EXPECT_THAT(LoadedList(service, generation), HasSubstr("ember-mini-int8-cpu"));
}

// A connection on which an answer is being written gets all of it, and is closed then.
void ExpectAnswerSurvivesMove(const Generation& generation) {
  RunningService service(OptionsFor(generation, R"({"schema_version":1,
      "faults":[{"fault":"move_port","prompt_contains":"move"}],
      "pacing":{"token_ms":20,"prompt_contains":"slow"}})"));
  RawConnection slow(service.port());
  slow.Send(ChatRequestBytes(ChatBody(true, "slow", ",\"temperature\":0,\"max_tokens\":6"), "keep-alive"));
  const std::string begin = slow.ReadUntil("\"content\":\"");
  RawConnection mover(service.port());
  mover.Send(ChatRequestBytes(ChatBody(true, "move", kShort), "keep-alive"));
  EXPECT_EQ(mover.ReadToEnd(), "");
  EXPECT_TRUE(ParseAnswer(begin + slow.ReadToEnd()).complete);
}

void MovePort(const Generation& generation) {
  EmbeddedOptions options = OptionsFor(generation, "move_port,times=1");
  std::promise<std::string> moved;
  options.moved = [&](const std::string& url) { moved.set_value(url); };
  RunningService service(std::move(options));
  const std::uint16_t old_port = service.port();
  RawConnection idle(old_port);
  idle.Send("GET /v1/models HTTP/1.1\r\nHost: t\r\n\r\n");
  idle.ReadAnswer();
  RawConnection asking(old_port);
  asking.Send(ChatRequestBytes(ChatBody(true, "Hi", kShort), "keep-alive"));
  EXPECT_EQ(asking.ReadToEnd(), "");
  EXPECT_TRUE(idle.ClosesNow());
  EXPECT_NE(service.port(), old_port);
  EXPECT_EQ(moved.get_future().get(), service.url());
  EXPECT_FALSE(Listens(old_port));
  EXPECT_EQ(ChatShortly(service).status, 200);
  if (generation == Dialect::kG3) {
    EXPECT_THAT(Get(service, "/status").body, HasSubstr(service.url()));
  }
  ExpectAnswerSurvivesMove(generation);
}

void LoadOutOfMemory(const Generation& generation) {
  constexpr char kWords[] = "Failed to allocate memory for requested buffer of size 2147483648";
  if (!generation) {
    // Three others are loaded when an evicted model comes back.
    RunningService service(OptionsFor(generation, "evict,load_out_of_memory=3,times=1"));
    EXPECT_THAT(ChatShortly(service).body, HasSubstr(kWords));
    return;
  }
  RunningService service(OptionsFor(generation, "load_out_of_memory=1"));
  const Answer refused = Get(service, LoadTarget(generation, "ember-mini-generic-cpu"));
  EXPECT_EQ(refused.status, 500);
  EXPECT_THAT(refused.body, HasSubstr(kWords));
  EXPECT_THAT(LoadedList(service, generation), Not(HasSubstr("generic")));
  Get(service, generation == Dialect::kG1 ? "/openai/unload/ember-mini-int8-cpu?force=true"
                                          : "/models/unload/ember-mini-int8-cpu");
  EXPECT_EQ(Get(service, LoadTarget(generation, "ember-mini-generic-cpu")).status, 200);
}

void LoadFails(const Generation& generation) {
  constexpr char kWords[] = "spatial_merge_size";
  if (!generation) {
    RunningService service(OptionsFor(generation, "evict,load_fails,times=1"));
    EXPECT_THAT(ChatShortly(service).body, HasSubstr(kWords));
    return;
  }
  RunningService service(OptionsFor(generation, "load_fails,times=1", {}));
  const Answer refused = Get(service, LoadTarget(generation, "ember-mini-int8-cpu"));
  EXPECT_EQ(refused.status, 500);
  EXPECT_THAT(refused.body, HasSubstr(kWords));
  if (generation == Dialect::kG1) {
    EXPECT_THAT(refused.body, testing::StartsWith("Failed loading model ember-mini-int8-cpu\n"));
    EXPECT_THAT(refused.head, HasSubstr("Content-Type: text/plain"));
  }
  EXPECT_EQ(LoadedList(service, generation), "[]");
  EXPECT_EQ(Get(service, LoadTarget(generation, "ember-mini-int8-cpu")).status, 200);
}

void SlowLoad(const Generation& generation) {
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::steady_clock::now() - begin; };
  if (!generation) {
    RunningService service(OptionsFor(generation, "evict,slow_load=50,times=1"));
    EXPECT_EQ(ChatShortly(service).status, 503);
    EXPECT_GE(elapsed(), std::chrono::milliseconds(50));
    return;
  }
  {
    RunningService service(OptionsFor(generation, "slow_load=50", {}));
    EXPECT_EQ(Get(service, LoadTarget(generation, "ember-mini-int8-cpu")).status, 200);
    EXPECT_GE(elapsed(), std::chrono::milliseconds(50));
  }
  // A load that would take an hour does not hold up a stop.
  RunningService service(OptionsFor(generation, "slow_load=3600000", {}));
  RawConnection loading(service.port());
  loading.Send("GET " + LoadTarget(generation, "ember-mini-int8-cpu") + " HTTP/1.1\r\nHost: t\r\n\r\n");
  service.Join();
}

void NotCached(const Generation& generation) {
  auto home = base::TemporaryDirectory::Create("not-cached");
  ASSERT_TRUE(home.ok());
  EmbeddedOptions options = OptionsFor(generation, "not_cached,match=ember-mini-int8*", {});
  options.home = home->path();
  RunningService service(std::move(options));
  const std::string listed = Get(service, "/v1/models").body;
  if (generation == Dialect::kG3) {
    const Answer refused = Get(service, LoadTarget(generation, "ember-mini-int8-cpu"));
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("Model not cached: Model must be downloaded before loading"));
    EXPECT_THAT(listed, HasSubstr("ember-mini-int8-cpu")) << "G3 lists its whole catalogue";
    EXPECT_THAT(Get(service, "/status").body, HasSubstr((home->path() / "cache" / "models").generic_string()));
  } else {
    EXPECT_THAT(listed, Not(HasSubstr("ember-mini-int8-cpu")));
    EXPECT_THAT(listed, HasSubstr("ember-mini-generic-cpu"));
    EXPECT_NE(ChatShortly(service).status, 200);
    if (generation) {
      EXPECT_NE(Get(service, LoadTarget(generation, "ember-mini-int8-cpu")).status, 200);
    }
  }
  const ModelVariant variant = *ModelCatalog().FindById(kModel);
  ASSERT_TRUE(ModelCache::Under(home->path()).MarkDownloaded(variant).ok());
  EXPECT_THAT(Get(service, "/v1/models").body, HasSubstr("ember-mini-int8-cpu"));
  if (generation) {
    EXPECT_EQ(Get(service, LoadTarget(generation, "ember-mini-int8-cpu")).status, 200);
  }
  EXPECT_EQ(ChatShortly(service).status, 200);
}

}  // namespace

std::map<FaultKind, FaultCheck> ServiceFaultChecks() {
  using enum FaultKind;
  return {
      {kEvict, Evict},         {kEvictAfter, EvictAfter}, {kMovePort, MovePort},  {kLoadOutOfMemory, LoadOutOfMemory},
      {kLoadFails, LoadFails}, {kSlowLoad, SlowLoad},     {kNotCached, NotCached}};
}

}  // namespace assay::embedded::testing_support
