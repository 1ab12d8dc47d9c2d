import io.quarkus.oidc.runtime.OidcConfig;
import io.quarkus.oidc.runtime.OidcTenantConfig;
import io.quarkus.oidc.runtime.OidcUtils;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import org.apache.polaris.service.auth.AuthenticationConfiguration;
import org.apache.polaris.service.auth.AuthenticationRealmConfiguration;
import org.apache.polaris.service.auth.external.OidcConfiguration;
import org.apache.polaris.service.auth.external.mapping.PrincipalMapper;
import org.apache.polaris.service.auth.external.mapping.PrincipalRolesMapper;
import org.apache.polaris.service.auth.external.tenant.OidcTenantConfiguration;
import org.apache.polaris.service.auth.external.tenant.OidcTenantResolvingAugmentor;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * Reads settings with the classes that Polaris and its Quarkus read them with, and maps claims as they do. Standard input: a list
 * of {path, env, tokens} in JSON, where a token is its claims. Standard output: a list of what came of each, {error} where the
 * settings are refused. A setting that the classes do not know is refused.
 */
public class PolarisSettings {

  static final String MAPPING = "org.apache.polaris.service.auth.external.mapping.";

  public static void main(String[] arguments) throws Exception {
    JsonArray answers = new JsonArray();
    String input = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    for (Object request : new JsonArray(input)) {
      answers.add(answer((JsonObject) request));
    }
    System.out.println(answers.encode());
  }

  static JsonObject answer(JsonObject request) throws Exception {
    SmallRyeConfig config;
    try {
      config = read(request);
    } catch (ConfigValidationException | NoSuchElementException refusal) {
      return new JsonObject().put("error", String.valueOf(refusal.getMessage()));
    }
    OidcTenantConfig quarkus =
        OidcConfig.getDefaultTenant(config.getConfigMapping(OidcConfig.class));
    OidcTenantConfiguration polaris =
        config
            .getConfigMapping(OidcConfiguration.class)
            .tenants()
            .get(OidcConfiguration.DEFAULT_TENANT_KEY);
    Map<String, AuthenticationRealmConfiguration> realms =
        config.getConfigMapping(AuthenticationConfiguration.class).realms();
    JsonArray people = new JsonArray();
    for (Object token : request.getJsonArray("tokens")) {
      people.add(person((JsonObject) token, quarkus, polaris));
    }
    return new JsonObject()
        .put("type", realms.get(AuthenticationConfiguration.DEFAULT_REALM_KEY).type().name())
        .put("tenantEnabled", quarkus.tenantEnabled())
        .put("server", quarkus.authServerUrl().orElse(null))
        .put("issuer", quarkus.token().issuer().orElse(null))
        .put("clientId", quarkus.clientId().orElse(null))
        .put("audience", quarkus.token().audience().map(JsonArray::new).orElse(null))
        .put("introspects", quarkus.token().allowOpaqueTokenIntrospection())
        .put("trustStore", quarkus.tls().trustStoreFile().map(Path::toString).orElse(null))
        .put("people", people);
  }

  static SmallRyeConfig read(JsonObject request) throws Exception {
    Map<String, String> environment = new HashMap<>();
    request.getJsonObject("env").forEach(entry -> environment.put(entry.getKey(), (String) entry.getValue()));
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .addDiscoveredConverters()
        .withSources(new PropertiesConfigSource(Path.of(request.getString("path")).toUri().toURL()))
        .withSources(new EnvConfigSource(environment, 300))
        .withMapping(AuthenticationConfiguration.class)
        .withMapping(OidcConfiguration.class)
        .withMapping(OidcConfig.class)
        .withValidateUnknown(true)
        .build();
  }

  static JsonObject person(JsonObject claims, OidcTenantConfig quarkus, OidcTenantConfiguration polaris)
      throws Exception {
    Set<String> roles =
        new LinkedHashSet<>(OidcUtils.findRoles(quarkus.clientId().orElse(""), quarkus.roles(), claims));
    SecurityIdentity identity = identity(claims, roles, polaris);
    PrincipalMapper names = (PrincipalMapper) make("DefaultPrincipalMapper", make("ClaimsLocator"));
    PrincipalRolesMapper mapper = (PrincipalRolesMapper) make("DefaultPrincipalRolesMapper");
    Optional<String> name = names.mapPrincipalName(identity);
    return new JsonObject()
        .put("name", name.orElse(null))
        .put("roles", new JsonArray(mapper.mapPrincipalRoles(identity).stream().sorted().toList()));
  }

  /** The classes are open to their own package only. */
  static Object make(String name, Object... arguments) throws Exception {
    Constructor<?> constructor = Class.forName(MAPPING + name).getDeclaredConstructors()[0];
    constructor.setAccessible(true);
    return constructor.newInstance(arguments);
  }

  /** What the mappers ask of somebody who has signed in. */
  static SecurityIdentity identity(JsonObject claims, Set<String> roles, OidcTenantConfiguration polaris) {
    JsonWebToken token = fake(JsonWebToken.class, Map.of("getClaim", name -> claims.getValue((String) name)));
    return fake(
        SecurityIdentity.class,
        Map.of(
            "getPrincipal", nothing -> token,
            "getRoles", nothing -> roles,
            "getAttribute",
                name -> OidcTenantResolvingAugmentor.TENANT_CONFIG_ATTRIBUTE.equals(name) ? polaris : null));
  }

  interface Answer {
    Object to(Object argument);
  }

  static <T> T fake(Class<T> type, Map<String, Answer> answers) {
    InvocationHandler handler =
        (self, method, arguments) -> {
          Answer answer = answers.get(method.getName());
          if (answer == null) throw new UnsupportedOperationException(method.toString());
          return answer.to(arguments == null ? null : arguments[0]);
        };
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
