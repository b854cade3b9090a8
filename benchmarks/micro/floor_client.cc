// SPDX-License-Identifier: MIT
// Uses libcurl itself, which otherwise fixtures/http alone does: held against our client it must share nothing with it.
// Written as libcurl's own examples are: curl_multi_perform, curl_multi_poll, one handle per stream.
#include "benchmarks/micro/floor_client.h"

#include <curl/curl.h>

namespace assay::micro {
namespace {

std::size_t OnBytes(char* data, std::size_t size, std::size_t count, void* user) {
  const base::Moment at = std::chrono::steady_clock::now();
  auto& answer = *static_cast<FloorAnswer*>(user);
  std::size_t from = answer.body.empty() ? 0 : answer.body.size() - 1;  // the blank line may come in two pieces
  answer.body.append(data, size * count);
  for (std::size_t end = 0; (end = answer.body.find("\n\n", from)) != std::string::npos; from = end + 2) {
    answer.events.emplace_back(at, end);
  }
  return size * count;
}

}  // namespace

class FloorClient::Impl {
 public:
  Impl() {
    for (const char* header : {"Content-Type: application/json", "Accept: text/event-stream", "Expect:"}) {
      headers_ = curl_slist_append(headers_, header);
    }
  }
  ~Impl() {
    for (CURL* handle : handles_) curl_easy_cleanup(handle);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(headers_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  CURL* Handle(std::size_t index, const std::string& url) {
    while (handles_.size() <= index) {
      CURL* const handle = curl_easy_init();
      curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &OnBytes);
      curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
      curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
      curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers_);
      curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 256L);  // no connection is closed between two rounds
      handles_.push_back(handle);
    }
    curl_easy_setopt(handles_[index], CURLOPT_URL, url.c_str());
    return handles_[index];
  }

  void Begin(CURL* handle, FloorAnswer& answer) {
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, static_cast<void*>(&answer));
    curl_easy_setopt(handle, CURLOPT_PRIVATE, static_cast<void*>(&answer));
    answer.start = std::chrono::steady_clock::now();
    curl_multi_add_handle(multi_, handle);
  }

  void RunToTheEnd() {
    int running = 0;
    do {
      curl_multi_perform(multi_, &running);
      int queued = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &queued)) {
        CURL* const handle = message->easy_handle;
        FloorAnswer* answer = nullptr;
        curl_easy_getinfo(handle, CURLINFO_PRIVATE, &answer);
        if (message->data.result == CURLE_OK) curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer->status);
        curl_multi_remove_handle(multi_, handle);
      }
      if (running > 0) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    } while (running > 0);
  }

 private:
  CURLM* multi_ = curl_multi_init();
  curl_slist* headers_ = nullptr;
  std::vector<CURL*> handles_;
};

FloorClient::FloorClient() : impl_(std::make_unique<Impl>()) {}
FloorClient::~FloorClient() = default;

std::vector<FloorAnswer> FloorClient::Post(const std::string& url, const std::string& body, std::size_t count) {
  std::vector<FloorAnswer> answers(count);
  for (std::size_t i = 0; i < count; ++i) {
    CURL* const handle = impl_->Handle(i, url);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    impl_->Begin(handle, answers[i]);
  }
  impl_->RunToTheEnd();
  return answers;
}

std::size_t FloorClient::Get(const std::string& url, std::size_t count) {
  std::size_t good = 0;
  CURL* const handle = impl_->Handle(0, url);
  curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  for (std::size_t i = 0; i < count; ++i) {
    FloorAnswer answer;
    impl_->Begin(handle, answer);
    impl_->RunToTheEnd();
    good += answer.status == 200 ? 1 : 0;
  }
  return good;
}

}  // namespace assay::micro
