// SPDX-License-Identifier: Apache-2.0
// Service lines, queues, skills and reason codes of the demonstration hotline. Pure.
#include "app/demo/catalogue.hpp"

namespace hotline::app::demo {
namespace {

using namespace std::chrono_literals;

std::vector<ServiceLine> service_lines() {
  return {
      {ServiceLineId{1000}, "1000", {"Customer hotline", "客户服务热线", "客戶服務熱線"}, {"1000"}, "entry"},
      {ServiceLineId{112}, "112", {"Fault reports", "障碍申告", "障礙申告"}, {"112"}, "fault"},
      {ServiceLineId{114}, "114", {"Directory enquiries", "查号台", "查號臺"}, {"114"}, "directory"},
      {ServiceLineId{170},
       "170",
       {"Bills and self-service", "话费查询与自助服务", "話費查詢與自助服務"},
       {"170"},
       "self_service"},
      {ServiceLineId{180}, "180", {"Complaints", "投诉受理", "投訴受理"}, {"180"}, "complaint"},
      {ServiceLineId{189}, "189", {"Orders by phone", "电话受理业务", "電話受理業務"}, {"189"}, "order"},
  };
}

std::vector<Queue> queues() {
  return {
      {general,
       "general",
       {"General enquiries", "综合咨询", "綜合諮詢"},
       "1000",
       20s,
       45s,
       300,
       R"({"call_back":{"from_web":true}})"},
      {fault,
       "fault",
       {"Fault reports", "障碍申告", "障礙申告"},
       "112",
       20s,
       60s,
       150,
       R"({"call_back":{"from_web":true}})"},
      {directory, "directory", {"Directory enquiries", "查号", "查號"}, "114", 15s, 10s, 150},
      {self_service, "self_service", {"Bills and accounts", "话费账务", "話費帳務"}, "170", 20s, 45s, 150},
      {complaint, "complaint", {"Complaints", "投诉", "投訴"}, "180", 25s, 120s, 100},
      {order, "order", {"Orders", "业务受理", "業務受理"}, "189", 20s, 90s, 150},
      {line_experts,
       "line_experts",
       {"Line and broadband experts", "线路与宽带专家", "線路與寬帶專家"},
       "112",
       20s,
       60s,
       20,
       R"({"experts":{"group":true,"skills":{"technical":2}}})"},
  };
}

std::vector<Skill> skills() {
  return {
      {mandarin, "mandarin", {"Mandarin", "普通话", "普通話"}},
      {english, "english", {"English", "英语", "英語"}},
      {billing, "billing", {"Billing", "计费账务", "計費帳務"}},
      {technical, "technical", {"Line and broadband technique", "线路与宽带技术", "線路與寬帶技術"}},
      {complaint_handling, "complaint", {"Complaint handling", "投诉处理", "投訴處理"}},
  };
}

/// Adds reasons of one kind and line, numbered from 1.
class Reasons {
 public:
  void add(const char* kind, const char* line, std::initializer_list<std::pair<const char*, Names>> entries) {
    std::int64_t position = 0;
    for (const auto& [code, names] : entries) all_.push_back({kind, code, names, line, ++position});
  }
  std::vector<Reason> take() { return std::move(all_); }

 private:
  std::vector<Reason> all_;
};

std::vector<Reason> reasons() {
  Reasons reasons;
  reasons.add("pause", "",
              {{"rest", {"Short break", "小休", "小休"}},
               {"meal", {"Meal", "用餐", "用餐"}},
               {"case_work", {"Working on a case", "处理工单", "處理工單"}},
               {"training", {"Training", "培训", "培訓"}},
               {"meeting", {"Team meeting", "班会", "班會"}},
               {"coaching", {"Coaching", "辅导", "輔導"}}});
  reasons.add("contact", "1000",
              {{"business_enquiry", {"Product or tariff enquiry", "业务资费咨询", "業務資費諮詢"}},
               {"progress_enquiry", {"Progress of an order or repair", "查询办理进度", "查詢辦理進度"}},
               {"opening_hours", {"Offices and opening hours", "营业网点与时间", "營業網點與時間"}},
               {"suggestion", {"Suggestion or praise", "建议与表扬", "建議與表揚"}},
               {"wrong_number", {"Wrong number", "拨错号码", "撥錯號碼"}}});
  reasons.add("contact", "112",
              {{"no_dial_tone", {"No dial tone", "无拨号音", "無撥號音"}},
               {"noise", {"Noise or crosstalk", "杂音串音", "雜音串音"}},
               {"one_way", {"Cannot call out or be called", "不能呼出或呼入", "不能呼出或呼入"}},
               {"broadband_down", {"Broadband down", "宽带不通", "寬帶不通"}},
               {"broadband_slow", {"Broadband slow", "宽带网速慢", "寬帶網速慢"}},
               {"caller_id_fault", {"Caller ID not shown", "来电显示不正常", "來電顯示不正常"}},
               {"repair_chase", {"Chasing a repair", "催修", "催修"}}});
  reasons.add("contact", "114",
              {{"number_given", {"Number given", "已报号", "已報號"}},
               {"number_not_listed", {"Number not listed", "号码未登记", "號碼未登記"}},
               {"address_enquiry", {"Address enquiry", "查询地址", "查詢地址"}}});
  reasons.add("contact", "170",
              {{"bill_enquiry", {"Bill enquiry", "话费查询", "話費查詢"}},
               {"bill_dispute", {"Charge disputed", "话费异议", "話費異議"}},
               {"arrears", {"Arrears and reconnection", "欠费与复机", "欠費與復機"}},
               {"recharge", {"Recharge and payment", "充值缴费", "充值繳費"}},
               {"password", {"Service password", "服务密码", "服務密碼"}}});
  reasons.add("contact", "180",
              {{"charge_complaint", {"About charges", "收费投诉", "收費投訴"}},
               {"quality_complaint", {"About line or network quality", "通信质量投诉", "通信質量投訴"}},
               {"delay_complaint", {"About late install or repair", "装修超时投诉", "裝修超時投訴"}},
               {"attitude_complaint", {"About staff conduct", "服务态度投诉", "服務態度投訴"}},
               {"answer_chase", {"Chasing an answer", "催办投诉", "催辦投訴"}}});
  reasons.add("contact", "189",
              {{"install", {"New line", "装机", "裝機"}},
               {"move", {"Move of a line", "移机", "移機"}},
               {"remove", {"Removal of a line", "拆机", "拆機"}},
               {"suspend_resume", {"Suspend or resume", "停机复机", "停機復機"}},
               {"caller_id", {"Caller ID", "来电显示", "來電顯示"}},
               {"supplementary", {"Other supplementary service", "其他程控新业务", "其他程控新業務"}},
               {"transfer_owner", {"Ownership transfer or number change", "过户改号", "過戶改號"}}});
  reasons.add("outcome", "",
              {{"solved", {"Solved on the call", "当场解决", "當場解決"}},
               {"answered", {"Question answered", "已答复咨询", "已答覆諮詢"}},
               {"work_order", {"Passed on for handling", "转后台处理", "轉後臺處理"}},
               {"transferred", {"Transferred", "已转接", "已轉接"}},
               {"call_back", {"To be called back", "待回电", "待回電"}},
               {"customer_left", {"Customer hung up", "客户挂机", "客戶掛機"}},
               {"silent", {"Silent or nuisance call", "无声或骚扰", "無聲或騷擾"}}});
  return reasons.take();
}

}  // namespace

World catalogue() {
  return {service_lines(), queues(), skills(), reasons(), {}};
}

}  // namespace hotline::app::demo
