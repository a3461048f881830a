import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.handle.hdllib.AbstractMessage;
import net.handle.hdllib.AbstractRequest;
import net.handle.hdllib.AbstractResponse;
import net.handle.hdllib.Common;
import net.handle.hdllib.CreateHandleRequest;
import net.handle.hdllib.GenericRequest;
import net.handle.hdllib.GsonUtility;
import net.handle.hdllib.HandleException;
import net.handle.hdllib.HandleResolver;
import net.handle.hdllib.HandleValue;
import net.handle.hdllib.Interface;
import net.handle.hdllib.ResolutionRequest;
import net.handle.hdllib.SiteInfo;
import net.handle.hdllib.Util;

/**
 * Asks a Handle server with the Handle System's own client, never the global registry. The argument is the siteinfo.json of
 * the server; each line of the input is a question, tabs between its parts:
 * what (resolve, site, create), over (udp, tcp, http, any), port, version, flags (certify, digest), handle, indexes, types.
 * Prints a line of JSON for each: the answer with the length of its signature, or what went wrong.
 */
public class HandleClient {
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    HandleResolver resolver = new HandleResolver();
    resolver.setCheckSignatures(true);
    resolver.setTcpTimeout(10000);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] parts = line.split("\t", -1);
      JsonObject result = new JsonObject();
      try {
        AbstractRequest request = request(parts);
        AbstractResponse response = send(resolver, request, Util.getSiteFromFile(args[0]), parts);
        result = GsonUtility.serializeResponseToRequest(request, response).getAsJsonObject();
        result.addProperty("signature", response.signature == null ? 0 : response.signature.length);
        result.addProperty("version", response.majorProtocolVersion + "." + response.minorProtocolVersion);
      } catch (HandleException error) {
        result.addProperty("exception", HandleException.getCodeStr(error.getCode()) + ": " + error.getMessage());
      }
      out.println(GsonUtility.getGson().toJson(result));
    }
  }

  private static AbstractResponse send(HandleResolver resolver, AbstractRequest request, SiteInfo site, String[] parts)
      throws HandleException {
    int number = Integer.parseInt(parts[2]);
    if (parts[1].equals("any")) {
      site.servers[0].interfaces = new Interface[] {port("tcp", number), port("udp", number)};
      return resolver.sendRequestToSite(request, site);
    }
    return resolver.sendRequestToInterface(request, site.servers[0], port(parts[1], number));
  }

  private static Interface port(String over, int number) {
    byte protocol = (byte) Arrays.asList("udp", "tcp", "http").indexOf(over);
    return new Interface(Interface.ST_ADMIN_AND_QUERY, protocol, number);
  }

  private static AbstractRequest request(String[] parts) {
    byte[] handle = Util.encodeString(parts[5]);
    AbstractRequest request;
    if (parts[0].equals("site")) {
      request = new GenericRequest(Common.BLANK_HANDLE, AbstractMessage.OC_GET_SITE_INFO, null);
    } else if (parts[0].equals("create")) {
      request = new CreateHandleRequest(handle, new HandleValue[] {new HandleValue(1, "URL", "http://localhost/")}, null);
    } else {
      request = new ResolutionRequest(handle, types(parts[7]), indexes(parts[6]), null);
    }
    String[] version = parts[3].split("\\.");
    request.majorProtocolVersion = Byte.parseByte(version[0]);
    request.minorProtocolVersion = Byte.parseByte(version[1]);
    request.suggestMajorProtocolVersion = request.majorProtocolVersion;
    request.suggestMinorProtocolVersion = request.minorProtocolVersion;
    request.certify = parts[4].contains("certify");
    request.returnRequestDigest = parts[4].contains("digest");
    return request;
  }

  private static int[] indexes(String list) {
    return list.isEmpty() ? null : Arrays.stream(list.split(",")).mapToInt(Integer::parseInt).toArray();
  }

  private static byte[][] types(String list) {
    return list.isEmpty() ? null : Arrays.stream(list.split(",")).map(Util::encodeString).toArray(byte[][]::new);
  }
}
