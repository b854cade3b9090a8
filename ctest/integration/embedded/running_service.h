// SPDX-License-Identifier: MIT
// The embedded service on a thread of the test, stopped by the destructor.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "ctest/integration/embedded/http_exchange.h"
#include "fixtures/embedded/embedded_service.h"

namespace assay::embedded::testing_support {

class RunningService {
 public:
  explicit RunningService(EmbeddedOptions options = {}) {
    auto created = EmbeddedService::Create(std::move(options));
    EXPECT_TRUE(created.ok()) << (created.ok() ? "" : created.error().Message());
    service_ = std::move(*created);
    thread_ = std::thread([this] { service_->Run(); });
  }
  ~RunningService() { Join(); }

  // Waits for an end somebody else asked for, or asks for it.
  void Join(bool ask = true) {
    if (!thread_.joinable()) return;
    if (ask) service_->Stop();
    thread_.join();
  }

  std::uint16_t port() const { return service_->port(); }
  std::string url() const { return service_->url(); }
  std::string Get(const std::string& target) const { return Exchange(port(), GetRequest(target)); }
  std::string Chat(const std::string& body) const {
    return Exchange(port(), PostRequest("/v1/chat/completions", body));
  }

 private:
  std::unique_ptr<EmbeddedService> service_;
  std::thread thread_;
};

}  // namespace assay::embedded::testing_support
